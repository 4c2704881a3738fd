import type { ITxnRequest } from 'etcd3';
import { expect } from 'chai';
import { EtcdCompaction } from '../../../../adapters/outbound/etcd/etcd-compaction.js';
import { EtcdKeys, type KeyRange } from '../../../../adapters/outbound/etcd/etcd-keys.js';
import { EtcdTerm } from '../../../../adapters/outbound/etcd/etcd-term.js';
import { LeaseLedger } from '../../../../domain/lease-ledger.js';
import { granted, sessionOpened } from '../../../contracts/some-facts.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { ScriptedEtcd } from '../../../support/scripted-etcd.js';

const REVISION = '42';
const LEADER = { id: 'a', host: 'box', pid: 1, grpcAddress: 'box:3144', version: '1' };
const keys = new EtcdKeys('/ldlm');

describe('EtcdCompaction', () => {
  let etcd: ScriptedEtcd;
  let compaction: EtcdCompaction;
  let isStopped: boolean;

  beforeEach(async () => {
    isStopped = false;
    const clock = new FakeClock();
    etcd = new ScriptedEtcd(clock)
      .answer('leaseGrant', () => ({ ID: '7', TTL: '10' }))
      .answer('txn', () => ({ succeeded: true, header: { revision: REVISION }, responses: [] }));
    const term = await EtcdTerm.begin({ members: etcd, keys, ttlMs: 10_000, leader: LEADER }, 1);
    const ledger = new LeaseLedger();
    for (const fact of [granted(1), sessionOpened('s'), granted(2)]) {
      ledger.apply(fact);
    }
    compaction = new EtcdCompaction({
      keys,
      term,
      snapshot: ledger.snapshot(),
      batchNumber: 3,
      headRevision: '30',
      recordLengthMax: 10,
      isStopped: () => isStopped,
    });
    etcd.calls.length = 0;
  });

  const written = (): readonly string[] =>
    etcd.calls.map(({ request }) =>
      String((request as ITxnRequest).success?.[0]?.request_put?.key),
    );

  /** The header that stands there is not the one that was to be replaced. */
  function findHeader(value: (put: Buffer) => Buffer): void {
    etcd.answer('txn', ({ compare, success }: Required<ITxnRequest>) => {
      const put = success[0]?.request_put?.value as Buffer;
      const leader = { create_revision: REVISION };
      const head = { value: value(put), mod_revision: '99' };
      return compare.length === 1
        ? { succeeded: true, header: { revision: REVISION }, responses: [] }
        : {
            succeeded: false,
            responses: [{ response_range: { kvs: [leader] } }, { response_range: { kvs: [head] } }],
          };
    });
  }

  it('sets each part of the snapshot, and the header that leads to them last', async () => {
    await compaction.run();
    expect(written()).to.deep.equal([
      ...[1, 2, 3].map((part) => keys.snapshotPart(3, part).toString()),
      '/ldlm/head',
    ]);
  });

  it('replaces the header it knows, and no other, so that a late attempt cannot bring it back', async () => {
    await compaction.run();
    const { compare } = etcd.requestOf('txn') as ITxnRequest;
    expect(compare?.[1]).to.deep.equal({
      key: keys.head,
      target: 'Mod',
      result: 'Equal',
      mod_revision: '30',
    });
  });

  it('takes a header like its own for its own, of an attempt whose answer was lost', async () => {
    findHeader((put) => put);
    expect(await compaction.run()).to.include({ headRevision: '99' });
  });

  it('fails when another header stands there', async () => {
    findHeader(() => Buffer.from('{}'));
    const failure = await compaction.run().catch(String);
    expect(failure).to.equal('Error: /ldlm/head was changed by somebody else');
  });

  it('leaves the header as it is when it is stopped', async () => {
    isStopped = true;
    expect(await compaction.run()).to.equal(undefined);
    expect(written()).to.deep.equal([]);
  });

  it('removes older snapshots, and the batches that this one holds, wherever they begin', async () => {
    const deletions: string[] = [];
    let present = [0, 2, 3].map((number) => keys.batch(number));
    etcd.answer('txn', ({ success }: Required<ITxnRequest>) => {
      const { request_delete_range: deleted, request_range: asked } = success[0] ?? {};
      const { key: from, range_end: to } = { ...asked, ...deleted } as KeyRange;
      const isWithin = (key: Buffer) => key.compare(from) >= 0 && key.compare(to) < 0;
      const kvs = present.filter(isWithin).map((key) => ({ key }));
      if (deleted !== undefined) {
        deletions.push(`${from} ${to}`);
        present = present.filter((key) => !isWithin(key));
      }
      return { succeeded: true, header: {}, responses: [{ response_range: { kvs } }] };
    });
    await compaction.removeOld();
    expect(deletions).to.deep.equal([
      `${keys.snapshotPart(0, 0)} ${keys.snapshotPart(3, 0)}`,
      `${keys.batch(0)} ${keys.batch(4)}`,
    ]);
  });
});
