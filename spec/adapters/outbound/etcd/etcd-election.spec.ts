/** What real etcd does too seldom to wait for: `etcd-election.needs-etcd.spec.ts` has the rest. */
import { expect } from 'chai';
import { EtcdElection } from '../../../../adapters/outbound/etcd/etcd-election.js';
import { encodeLeader } from '../../../../adapters/outbound/etcd/leader-record.js';
import { untilSo } from '../../../support/asked-again.js';
import { type FakeAnswer, type FakeEtcd, startFakeEtcd } from '../../../support/fake-etcd.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

const LEADER = { id: 'leader', host: 'box', pid: 1, grpcAddress: 'box:3144', version: '1' };
const TTL_MS = 5_000;
/** A standby looks by itself after this time. */
const LOOK_MS = 2_000;
/** Between two tries of a watch. */
const TRY_MS = 100;

describe('EtcdElection, where etcd is odd', () => {
  let clock: FakeClock;
  let fake: FakeEtcd;
  let election: EtcdElection;
  let stopping: AbortController;
  let counts: Map<string, number>;
  let outcome: { error?: unknown };
  let seen: string | undefined;

  const countOf = (method: string): number => counts.get(method) ?? 0;

  /** Stands by, under that id, where somebody leads for good. */
  async function standBy(id: string, answers: Readonly<Record<string, FakeAnswer>>): Promise<void> {
    const all: Readonly<Record<string, FakeAnswer>> = {
      'Maintenance.Status': () => ({ version: '3.4.23' }),
      'KV.Range': () => ({
        header: { revision: 9 },
        kvs: [{ create_revision: 5, lease: 7, value: encodeLeader(LEADER) }],
      }),
      ...answers,
    };
    const counting = Object.entries(all).map(([method, answer]) => [
      method,
      (request: unknown) => {
        counts.set(method, countOf(method) + 1);
        return answer(request);
      },
    ]);
    fake = await startFakeEtcd(Object.fromEntries(counting));
    election = new EtcdElection({
      access: { endpoints: [fake.address] },
      prefix: '/ldlm',
      leaderTtlMs: TTL_MS,
      leader: { ...LEADER, id },
      clock,
      logger: new RecordingLogger(),
    });
    election
      .vacancy((leader) => {
        seen = leader.id;
      }, stopping.signal)
      .catch((error: unknown) => {
        outcome.error = error;
      });
  }

  beforeEach(() => {
    clock = new FakeClock();
    stopping = new AbortController();
    counts = new Map();
    outcome = {};
    seen = undefined;
  });

  afterEach(() => {
    stopping.abort(new Error('the spec is over'));
    election.close();
    fake.stop();
  });

  it('does not look again and again when each watch ends at once, but after a while', async () => {
    await standBy('standby', { 'Watch.Watch': () => ({ canceled: true }) });
    for (let tries = 1; tries <= 3; tries += 1) {
      await untilSo(() => countOf('Watch.Watch') === tries && clock.alarmCount === 2);
      expect(countOf('KV.Range')).to.equal(1);
      await clock.advance(TRY_MS);
    }
    await clock.advance(LOOK_MS);
    await untilSo(() => countOf('KV.Range') === 2);
  });

  it('looks again after a while when etcd will not have it watch', async () => {
    await standBy('standby', {});
    await untilSo(() => seen === LEADER.id && clock.alarmCount === 1);
    await clock.advance(LOOK_MS - 1);
    expect(countOf('KV.Range')).to.equal(1);
    await clock.advance(1);
    await untilSo(() => countOf('KV.Range') === 2);
  });

  it('takes back a term of its own at each look, until etcd has heard of it', async () => {
    await standBy(LEADER.id, { 'Watch.Watch': () => undefined, 'Lease.LeaseRevoke': () => ({}) });
    await untilSo(async () => {
      await clock.advance(TRY_MS);
      return countOf('Lease.LeaseRevoke') === 3;
    });
    expect(countOf('KV.Range')).to.equal(3);
  });

  it('gives up as soon as it is told to, though it takes back a term of its own meanwhile', async () => {
    let isAsked = false;
    await standBy(LEADER.id, {
      'Watch.Watch': () => undefined,
      'Lease.LeaseRevoke': () => {
        isAsked = true;
        stopping.abort(new Error('the server stops'));
        return {};
      },
    });
    await untilSo(() => isAsked);
    await untilSo(() => outcome.error !== undefined);
    expect(String(outcome.error)).to.equal('Error: the server stops');
  });
});
