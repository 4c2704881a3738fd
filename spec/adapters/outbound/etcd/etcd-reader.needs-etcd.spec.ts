/** Shows that a journal that was damaged in etcd is refused with the place and left as it is. */
import type { Etcd3 } from 'etcd3';
import { expect } from 'chai';
import { StateStoreError } from '../../../../ports/outbound/state-store.js';
import { assertFold } from '../../../contracts/recovered-state.js';
import { ended, granted } from '../../../contracts/some-facts.js';
import { untilSo } from '../../../support/asked-again.js';
import { EtcdCluster } from '../../../support/etcd-cluster.js';
import { EtcdPlace } from '../../../support/etcd-place.js';

const FACTS = Array.from({ length: 9 }, (_, index) => granted(index));
/** A record holds three of them. */
const RECORDS = { recordLengthMax: 600 };

describe('a journal in etcd', () => {
  let cluster: EtcdCluster;
  let etcd: Etcd3;
  let place: EtcdPlace;

  before(async function () {
    this.timeout(60_000);
    cluster = await EtcdCluster.start({ members: 1 });
    etcd = cluster.administration.connect();
  });

  after(async () => {
    etcd?.close();
    await cluster?.stop();
  });

  beforeEach(() => {
    place = new EtcdPlace(cluster);
  });

  afterEach(() => place.dispose());

  /** Leaves three batches. */
  async function keepBatches(): Promise<void> {
    const store = place.newStore(RECORDS);
    await store.open();
    await store.append(FACTS);
    await store.close();
  }

  /** Leaves a snapshot of three parts, and one batch behind it. */
  async function keepSnapshot(): Promise<void> {
    const store = place.newStore({ ...RECORDS, compactionMinLength: 1 });
    await store.open();
    await store.append(FACTS);
    const isThere = async (key: Buffer) => (await etcd.get(key)) !== null;
    const { head } = place.keys;
    await untilSo(async () => (await isThere(head)) && !(await isThere(place.keys.batch(3))));
    await store.close();
    const later = place.newStore(RECORDS);
    await later.open();
    await later.append([ended(1)]);
    await later.close();
  }

  const everything = (): Promise<Record<string, string>> =>
    etcd.getAll().prefix(place.prefix).strings();

  async function failureOfOpening(): Promise<StateStoreError> {
    return place
      .newStore(RECORDS)
      .open()
      .then(
        () => expect.fail('it opened'),
        (error: unknown) => {
          expect(error).to.be.instanceOf(StateStoreError);
          return error as StateStoreError;
        },
      );
  }

  const BATCH = (number: number) => `/batches/000000000000000${number}`;
  const PART = (number: number) => `/snapshots/0000000000000003/000000000000000${number}`;

  const damages: readonly {
    readonly what: string;
    readonly kept: () => Promise<void>;
    readonly key: string;
    /** Nothing when it is missing. */
    readonly value?: string;
    readonly at?: string;
    readonly why: string | RegExp;
  }[] = [
    {
      what: 'a batch is missing in the middle',
      kept: keepBatches,
      key: BATCH(2),
      at: BATCH(3),
      why: 'it has the number 3 in the place of 2',
    },
    {
      what: 'the first batch is missing',
      kept: keepBatches,
      key: BATCH(1),
      at: BATCH(2),
      why: 'it has the number 2 in the place of 1',
    },
    {
      what: 'a batch is cut',
      kept: keepBatches,
      key: BATCH(2),
      value: '{"batch":2,"facts":[{"ty',
      why: /JSON/,
    },
    { what: 'a batch is empty', kept: keepBatches, key: BATCH(2), value: '', why: /JSON/ },
    {
      what: 'a batch is something else',
      kept: keepBatches,
      key: BATCH(2),
      value: '{"batch":2}',
      why: 'it is neither a part of a snapshot nor a batch',
    },
    {
      what: 'a batch ends a lease that there is not',
      kept: keepBatches,
      key: BATCH(2),
      value:
        '{"batch":2,"facts":[{"type":"lease-ended","name":"a","key":"k","reason":"released","at":1}]}',
      why: /./,
    },
    {
      what: 'the first part of a snapshot is missing',
      kept: keepSnapshot,
      key: PART(1),
      at: PART(2),
      why: 'it has the number 2 in the place of 1',
    },
    {
      what: 'the last part of a snapshot is missing',
      kept: keepSnapshot,
      key: PART(3),
      at: PART(0),
      why: 'a part of the snapshot is missing',
    },
    {
      what: 'the batch behind a snapshot is of another number',
      kept: keepSnapshot,
      key: BATCH(4),
      value: '{"batch":5,"facts":[]}',
      why: 'it has the number 5 in the place of 4',
    },
    { what: 'its header is no JSON', kept: keepSnapshot, key: '/head', value: 'x', why: /JSON/ },
    {
      what: 'its header is of something else',
      kept: keepSnapshot,
      key: '/head',
      value: '{"version":1}',
      why: '"batches" is not a count',
    },
    {
      what: 'its header is gone',
      kept: keepSnapshot,
      key: '/head',
      at: BATCH(4),
      why: 'it has the number 4 in the place of 1',
    },
  ];
  for (const { what, kept, key, value, at = key, why } of damages) {
    it(`is damaged, and stays as it is, when ${what}`, async () => {
      await kept();
      const whole = `${place.prefix}${key}`;
      await (value === undefined ? etcd.delete().key(whole) : etcd.put(whole).value(value));
      const before = await everything();
      const failure = await failureOfOpening();
      expect(failure.code).to.equal('damaged');
      const [, where, reason] =
        /^What etcd keeps is damaged at (\S+): (.*)\. Nothing was changed\. Restore a snapshot of etcd; docs\/HIGH-AVAILABILITY\.md says how\.$/.exec(
          failure.message,
        ) ?? [];
      expect(where).to.equal(`${place.prefix}${at}`);
      expect(reason).to.match(why instanceof RegExp ? why : new RegExp(`^${why}$`));
      expect(await everything()).to.deep.equal(before);
    });
  }

  it('is refused, and stays as it is, when a later version of the server wrote it', async () => {
    await keepSnapshot();
    const head = place.keys.head.toString();
    await etcd.put(head).value('{"journal":"ldlm","version":2,"chapters":7}');
    const before = await everything();
    const failure = await failureOfOpening();
    expect(failure.code).to.equal('refused');
    expect(failure.message).to.equal(
      `What etcd keeps under ${head} is of version 2, and this server reads version 1. ` +
        'Start the version of the server that wrote it.',
    );
    expect(await everything()).to.deep.equal(before);
  });

  it('is read past what a compaction that broke off has left', async () => {
    await keepBatches();
    await etcd.put(`${place.prefix}${PART(1)}`).value('{"snapshot":1,"leases":[{');
    const store = place.newStore();
    assertFold(await store.open(), FACTS);
  });

  it('is read when the history of etcd was compacted before, and while it is read', async () => {
    await keepSnapshot();
    const { administration } = cluster;
    await administration.compact();
    const opening = place.newStore().open();
    // One revision is forgotten but once.
    await etcd.put('elsewhere').value('x');
    const [recovered] = await Promise.all([opening, administration.compact()]);
    assertFold(recovered, [...FACTS, ended(1)]);
  });
});
