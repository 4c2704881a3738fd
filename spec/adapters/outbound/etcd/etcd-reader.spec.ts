/** What a reader meets when its term ends meanwhile; `etcd-reader.needs-etcd.spec.ts` has damage and the rest. */
import { expect } from 'chai';
import { EtcdKeys } from '../../../../adapters/outbound/etcd/etcd-keys.js';
import { readEtcd } from '../../../../adapters/outbound/etcd/etcd-reader.js';
import { EtcdTerm } from '../../../../adapters/outbound/etcd/etcd-term.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { ScriptedEtcd } from '../../../support/scripted-etcd.js';

const TTL_MS = 10_000;
const GOOD_FOR_MS = 9_000;
const LEADER = { id: 'a', host: 'box', pid: 1, grpcAddress: 'box:3144', version: '1' };
const keys = new EtcdKeys('/ldlm');

describe('readEtcd', () => {
  let clock: FakeClock;
  let etcd: ScriptedEtcd;
  let term: EtcdTerm;

  beforeEach(async () => {
    clock = new FakeClock();
    etcd = new ScriptedEtcd(clock)
      .answer('leaseGrant', () => ({ ID: '7', TTL: '10' }))
      .answer('txn', () => ({ succeeded: true, header: { revision: '42' }, responses: [] }))
      .silence('leaseKeepAlive');
    term = await EtcdTerm.begin({ members: etcd, keys, ttlMs: TTL_MS, leader: LEADER }, TTL_MS);
  });

  const failureOfReading = (): Promise<unknown> =>
    readEtcd({ members: etcd, keys }, term).then(
      () => expect.fail('it did not fail'),
      (error: unknown) => error,
    );

  it('gives up when the term is over, though etcd is silent', async () => {
    etcd.silence('range');
    const failing = failureOfReading();
    await clock.advance(GOOD_FOR_MS);
    expect(await failing).to.include({ code: 'deposed' });
  });

  it('says damaged of what cannot be read, when it leads', async () => {
    etcd.answer('range', () => ({ kvs: [{ value: Buffer.from('{') }] }));
    expect(await failureOfReading()).to.include({ code: 'damaged' });
  });

  it('says deposed of the same when another leads, whose writing it may be', async () => {
    etcd.answer('range', () => {
      etcd.answer('txn', () => ({
        succeeded: false,
        responses: [{ response_range: { kvs: [] } }],
      }));
      return { kvs: [{ value: Buffer.from('{') }] };
    });
    expect(await failureOfReading()).to.include({ code: 'deposed' });
  });

  it('says damaged where a snapshot is, and nothing that leads to it', async () => {
    const part = { key: keys.snapshotPart(7, 1), value: Buffer.from('{}') };
    etcd.answer('range', ({ key }: { readonly key: Buffer }) => ({
      kvs: key.includes('/snapshots/0000000000000000/0000000000000000') ? [part] : [],
    }));
    const failure = await failureOfReading();
    expect(failure).to.include({ code: 'damaged' });
    expect(String(failure)).to.match(
      /damaged at \/ldlm\/head: it is missing, though a snapshot is there\./,
    );
  });
});
