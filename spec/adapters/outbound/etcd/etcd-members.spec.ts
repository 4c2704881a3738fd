import { castGrpcError, type Etcd3 } from 'etcd3';
import { expect } from 'chai';
import { EtcdMembers, type Limits } from '../../../../adapters/outbound/etcd/etcd-members.js';
import { FakeClock } from '../../../support/fake-clock.js';

const ENDPOINTS = ['a:1', 'b:1', 'c:1'];
const HEDGE_MS = 1_000;
const PATIENCE = { hedgeMs: HEDGE_MS, attemptMs: 2 * HEDGE_MS };
/** Between two rounds in which every member failed. */
const ROUND_MS = 100;

function failure(message: string): Error {
  return castGrpcError(Object.assign(new Error(message), { code: Number.parseInt(message, 10) }));
}

const AWAY = failure('14 UNAVAILABLE: etcdserver: no leader');
const NO_ETCD = failure('12 UNIMPLEMENTED: unknown service etcdserverpb.KV');
const REFUSAL = failure('7 PERMISSION_DENIED: etcdserver: permission denied');

/** What a member of that name does with a question: nothing, until the spec says so. */
interface Asked {
  readonly member: string;
  readonly etcd: Etcd3;
  readonly answer: (text: string) => void;
  readonly fail: (error: Error) => void;
}

/** Which member a client of the library is for, the library tells nobody. */
function memberOf(etcd: Etcd3): string {
  const { options } = etcd as unknown as { readonly options: { readonly hosts: [string] } };
  return options.hosts[0].slice(0, 1);
}

interface Outcome {
  readonly answer?: string;
  readonly error?: unknown;
}

describe('EtcdMembers', () => {
  let clock: FakeClock;
  let members: EtcdMembers;
  let asked: Asked[];

  function begin(endpoints = ENDPOINTS): void {
    members?.close();
    members = new EtcdMembers({ endpoints }, PATIENCE, clock);
  }

  beforeEach(() => {
    clock = new FakeClock();
    asked = [];
    begin();
  });

  afterEach(() => members.close());

  /** Asks, and gives what came of it so far. */
  function ask(limits: Limits = {}): Outcome {
    const outcome: { answer?: string; error?: unknown } = {};
    members
      .ask(
        (etcd) =>
          new Promise<string>((answer, fail) => {
            asked.push({ member: memberOf(etcd), etcd, answer, fail });
          }),
        limits,
      )
      .then(
        (answer) => Object.assign(outcome, { answer }),
        (error: unknown) => Object.assign(outcome, { error }),
      );
    return outcome;
  }

  const last = (): Asked => asked.at(-1) as Asked;
  const names = (): string => asked.map(({ member }) => member).join('');

  async function fail(error: Error): Promise<void> {
    last().fail(error);
    await clock.advance(0);
  }

  async function answer(text = 'yes'): Promise<void> {
    last().answer(text);
    await clock.settle();
  }

  it('asks one member, and nobody else when that answers', async () => {
    const outcome = ask();
    await answer();
    await clock.advance(60_000);
    expect(outcome).to.deep.equal({ answer: 'yes' });
    expect(names()).to.equal('a');
    expect(clock.alarmCount).to.equal(0);
  });

  it('asks the next one beside a member that is silent, and takes whichever answers first', async () => {
    for (const first of [0, 1]) {
      asked = [];
      begin();
      const outcome = ask();
      await clock.advance(HEDGE_MS - 1);
      expect(names()).to.equal('a');
      await clock.advance(1);
      expect(names()).to.equal('ab');
      asked[first]?.answer(`answer ${first}`);
      await clock.settle();
      expect(outcome).to.deep.equal({ answer: `answer ${first}` });
    }
  });

  it('goes round while all are silent, one more each time', async () => {
    ask();
    await clock.advance(3 * HEDGE_MS);
    expect(names()).to.equal('abca');
  });

  it('asks the next one at once when a member fails', async () => {
    const outcome = ask();
    await fail(AWAY);
    expect(names()).to.equal('ab');
    await answer();
    expect(outcome).to.deep.equal({ answer: 'yes' });
  });

  it('asks no third member when the one fails that was silent already', async () => {
    ask();
    await clock.advance(HEDGE_MS);
    asked[0]?.fail(AWAY);
    await clock.advance(0);
    expect(names()).to.equal('ab');
  });

  it('pauses between rounds when all fail, and goes on', async () => {
    const outcome = ask();
    for (let index = 0; index < 3; index += 1) {
      await fail(AWAY);
    }
    await clock.advance(ROUND_MS - 1);
    expect(names()).to.equal('abc');
    await clock.advance(1);
    expect(names()).to.equal('abca');
    await answer();
    expect(outcome).to.deep.equal({ answer: 'yes' });
  });

  it('pauses after each failure of the only member, and does not ask it twice at once', async () => {
    begin(['a:1']);
    ask();
    await clock.advance(10 * HEDGE_MS);
    expect(names()).to.equal('a');
    await fail(AWAY);
    expect(names()).to.equal('a');
    await clock.advance(ROUND_MS);
    expect(names()).to.equal('aa');
  });

  it('gives up with the last failure when the time is over', async () => {
    const outcome = ask({ timeoutMs: 500 });
    await fail(AWAY);
    await clock.advance(499);
    expect(outcome).to.deep.equal({});
    await clock.advance(1);
    expect(outcome).to.deep.equal({ error: AWAY });
    expect(clock.alarmCount).to.equal(0);
  });

  it('says that there was no answer in time when nobody said anything at all', async () => {
    const outcome = ask({ timeoutMs: 500 });
    await clock.advance(500);
    expect(String(outcome.error)).to.equal('Error: no answer in time');
  });

  it('gives up at once on what no member would answer otherwise', async () => {
    const outcome = ask();
    await fail(REFUSAL);
    expect(outcome).to.deep.equal({ error: REFUSAL });
    expect(names()).to.equal('a');
  });

  it('asks the others when one is no etcd, or not to be trusted', async () => {
    const outcome = ask();
    await fail(NO_ETCD);
    expect(names()).to.equal('ab');
    await answer();
    expect(outcome).to.deep.equal({ answer: 'yes' });
  });

  it('gives up when none of them is one', async () => {
    const outcome = ask();
    for (let index = 0; index < 3; index += 1) {
      await fail(NO_ETCD);
    }
    expect(outcome).to.deep.equal({ error: NO_ETCD });
  });

  it('goes on asking when one is none and the others are only away', async () => {
    const outcome = ask();
    for (let round = 0; round < 4; round += 1) {
      for (const error of [NO_ETCD, AWAY, AWAY]) {
        await fail(error);
      }
      await clock.advance(ROUND_MS);
    }
    expect(outcome).to.deep.equal({});
    expect(names()).to.equal('abcabcabcabca');
  });

  it('asks nobody when the answer is of no use any more', async () => {
    const reason = new Error('over');
    const outcome = ask({ signal: AbortSignal.abort(reason) });
    await clock.advance(HEDGE_MS);
    expect(outcome).to.deep.equal({ error: reason });
    expect(names()).to.equal('');
  });

  it('gives up with the reason when the answer becomes of no use', async () => {
    const use = new AbortController();
    const outcome = ask({ signal: use.signal });
    const reason = new Error('over');
    use.abort(reason);
    await clock.settle();
    expect(outcome).to.deep.equal({ error: reason });
    expect(clock.alarmCount).to.equal(0);
    await fail(AWAY);
    await clock.advance(HEDGE_MS);
    expect(names()).to.equal('a');
  });

  it('waits as long as it takes for a member whose silence is fine', async () => {
    const outcome = ask({ isSilenceFine: true });
    await clock.advance(1_000 * HEDGE_MS);
    expect(names()).to.equal('a');
    await fail(AWAY);
    expect(names()).to.equal('ab');
    await answer();
    expect(outcome).to.deep.equal({ answer: 'yes' });
  });

  it('asks first whoever answered last', async () => {
    ask();
    await fail(AWAY);
    await answer();
    ask();
    expect(names()).to.equal('abb');
  });

  it('asks first whoever answered first, though one that was silent answers, too', async () => {
    ask();
    await clock.advance(HEDGE_MS);
    await answer();
    asked[0]?.answer('late');
    await clock.settle();
    ask();
    expect(names()).to.equal('abb');
  });

  it('turns to the next one but once when two questions fail at the same member', async () => {
    ask();
    ask();
    asked[0]?.fail(AWAY);
    asked[1]?.fail(AWAY);
    await clock.advance(0);
    expect(names()).to.equal('aabb');
  });

  it('makes a new connection in the place of one that failed, and keeps one that refused', async () => {
    ask();
    await fail(REFUSAL);
    ask();
    expect(last().etcd).to.equal(asked[0]?.etcd);
    begin(['a:1']);
    ask();
    const { etcd } = last();
    await fail(AWAY);
    await clock.advance(ROUND_MS);
    expect(last().etcd).to.not.equal(etcd);
  });

  it('has deadlines by the wall clock, which a member is waited for no longer than', async () => {
    const before = Date.now();
    const deadline = await members.ask(async (_, options) => Number(options.deadline));
    expect(deadline).to.be.within(before + 2 * HEDGE_MS, Date.now() + 2 * HEDGE_MS);
  });

  it('asks nobody when it is closed, and says so', async () => {
    members.close();
    const outcome = ask();
    await clock.settle();
    expect(String(outcome.error)).to.equal('Error: the connection to etcd was closed');
    expect(names()).to.equal('');
  });
});
