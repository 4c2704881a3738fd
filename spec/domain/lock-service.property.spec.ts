import { expect } from 'chai';
import fc from 'fast-check';
import type { PendingAcquisition } from '../../domain/acquisition.js';
import type { SessionNotice } from '../../domain/decision.js';
import { FOREVER } from '../../domain/instant.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import type { Fact } from '../../domain/facts.js';
import { LockService } from '../../domain/lock-service.js';
import type { AcquireCommand } from '../../domain/waiter.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { RecordingLogger } from '../support/recording-logger.js';

const SIZES: Readonly<Record<string, number>> = { a: 1, b: 2 };
/** The first have connections, the others streams. */
const CLIENTS = 6;
const FIRST_STREAM = 4;
const RECOVERY_MS = 30;
const RESTORED_MS = 100;

const client = fc.nat(CLIENTS - 1);
const streamClient = fc.integer({ min: FIRST_STREAM, max: CLIENTS - 1 });
const pick = fc.nat();

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      client,
      name: fc.constantFrom(...Object.keys(SIZES)),
      waitMs: fc.constantFrom(0, 25, FOREVER, FOREVER),
      leaseMs: fc.constantFrom(10, 40, FOREVER, FOREVER),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), pick }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('release' as const), pick }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('renew' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), client }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('keep' as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(20) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('detach' as const), client: streamClient }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('resume' as const), client: streamClient }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('ask again' as const), client: streamClient, pick }),
  },
  // What was handed over and not kept may have been written, up to some fact, or not.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), pick }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** How often answers of each kind must come, over all runs: less than any seed misses by chance. */
const HEARD_MIN: Readonly<Record<string, number>> = {
  'acquire granted': 300,
  'acquire granted after a wait': 100,
  'acquire held': 400,
  'acquire withdrawn': 400,
  'acquire wait-timeout': 60,
  'acquire lease-ended': 150,
  'release released': 100,
  'release key-invalid': 400,
  'renew renewed': 30,
  'renew lease-unknown': 400,
  'resume resumed': 200,
  'resume session-unknown': 20,
  'asked again, granted as before': 15,
  'asked again, granted anew': 5,
  'asked again while its lease lived': 12,
  'notice session-ended': 100,
  'notice lease-lost': 50,
};

type Asked = Omit<AcquireCommand, 'key'>;

type Answer = { readonly kind: string } | { readonly kind: 'refused'; readonly code: string };

/** A service on a slow disk, and the eyes that watch what it hands over and what it tells. */
class Watched {
  clock = new FakeClock(0);
  store = new ControlledStateStore();
  readonly #keys = new FixedKeySource();
  readonly #heard: Map<string, number>;
  #acquisitions: PendingAcquisition[] = [];
  readonly #sessionIds: string[] = [];
  readonly #faults: string[] = [];
  /** What earlier servers handed over and the disk had when they crashed. */
  readonly #survived: Fact[] = [];
  /** By session: what it asked before the last crash. */
  readonly #askedBefore = new Map<string, Asked[]>();
  /** The keys of grants that were told, by session and request. */
  readonly #toldKeys = new Map<string, string>();
  #service!: LockService;
  #owed = 0;
  #requestCount = 0;
  /** The latest renewal that was handed over. */
  #renewal: Fact | undefined;

  constructor(heard: Map<string, number>) {
    this.#heard = heard;
  }

  async start(): Promise<void> {
    await this.#startService();
    for (let number = 0; number < CLIENTS; number += 1) {
      this.#connect(number);
    }
  }

  async #startService(): Promise<void> {
    this.#service = await LockService.start({
      rules: {
        shardCount: 2,
        nameBytesMax: 10,
        restoredLeaseMs: RESTORED_MS,
        keepLeasesOnDisconnect: false,
        sessionsMax: 100,
        waitersPerLockMax: 1_000,
        waitersMax: 1_000,
        idleCollectionIntervalMs: 50,
        idleMinMs: 0,
      },
      clock: this.clock,
      store: this.store,
      keys: this.#keys,
      logger: new RecordingLogger('error'),
      onFailure: (failure) => {
        throw failure;
      },
    });
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'acquire': {
        const sessionId = this.#sessionIds[step.client] ?? '';
        const size = SIZES[step.name] ?? 0;
        this.#requestCount += 1;
        const requestId = this.#requestCount;
        const { name, waitMs, leaseMs } = step;
        const terms = { name, waitMs, leaseMs, sessionId, size };
        this.#acquire(step.client < FIRST_STREAM ? terms : { ...terms, requestId });
        break;
      }
      case 'withdraw':
        this.#some(step.pick)?.withdraw();
        break;
      case 'release': {
        const lease = this.#some(step.pick);
        if (lease !== undefined) {
          const { name } = lease;
          const answer = this.#service.release({ name, key: keyGranted(lease) });
          this.#expectAnswer('release', lease, answer);
        }
        break;
      }
      case 'renew': {
        const lease = this.#some(step.pick);
        if (lease !== undefined) {
          const request = { name: lease.name, key: keyGranted(lease), leaseMs: 30 };
          this.#expectAnswer('renew', lease, this.#service.renew(request));
        }
        break;
      }
      case 'end':
        this.#end(this.#sessionIds[step.client] ?? '');
        this.#connect(step.client);
        break;
      case 'keep':
        for (let count = Math.min(step.count, this.store.openCount); count > 0; count -= 1) {
          this.store.resolveNext();
        }
        await this.clock.settle();
        break;
      case 'advance':
        await this.clock.advance(step.ms);
        break;
      case 'detach':
        this.#service.detachSession(this.#sessionIds[step.client] ?? '');
        break;
      case 'resume':
        this.#resume(step.client);
        break;
      case 'ask again':
        this.#askAgain(step);
        // What was granted before is told at once, unless something is being kept.
        await this.clock.settle();
        break;
      case 'crash':
        await this.#crash(step.pick);
        break;
      default:
        step satisfies never;
    }
    expect(this.clock.alarmCount).to.be.at.most(2);
    expect(this.#faults.join('; ')).to.equal('');
  }

  /** Everybody goes: every answer has come, and nothing is left of anything. */
  async finish(): Promise<void> {
    for (const sessionId of this.#sessionIds) {
      this.#end(sessionId);
    }
    this.store.resolveAll();
    await this.clock.settle();
    // What nobody came back for after a crash has its own end.
    await this.clock.advance(RESTORED_MS);
    this.store.resolveAll();
    await this.clock.settle();
    this.store.resolveAll();
    await this.clock.settle();
    expect(this.#faults.join('; ')).to.equal('');
    expect(this.#owed).to.equal(0);
    expect(this.#service.leaseCount).to.equal(0);
    await this.clock.advance(100);
    expect(this.clock.alarmCount).to.equal(1);
    this.#checkFacts();
  }

  #acquire(request: Asked): PendingAcquisition {
    const acquisition = this.#service.acquire(request);
    this.#acquisitions.push(acquisition);
    this.#expectAnswer('acquire', acquisition, acquisition.answer);
    return acquisition;
  }

  #resume(number: number): void {
    const sessionId = this.#sessionIds[number] ?? '';
    const listener = this.#listener();
    const answer = this.#service.resumeSession({ sessionId, peer: `${number}`, listener });
    this.#expect('resume', answer, (told) => this.#note(`resume ${wordOf(told)}`));
    if (!this.#ledger().sessions.has(sessionId)) {
      this.#connect(number);
    }
  }

  /** Once for each server: a door does not let through what it has asked already. */
  #askAgain(step: { readonly client: number; readonly pick: number }): void {
    const before = this.#askedBefore.get(this.#sessionIds[step.client] ?? '') ?? [];
    const [request] = before.splice(-1 - (step.pick % Math.max(1, Math.min(4, before.length))), 1);
    if (request === undefined) {
      return;
    }
    const key = this.#toldKeys.get(requestOf(request));
    const acquisition = this.#acquire(request);
    const { decision } = acquisition;
    if (decision?.kind === 'granted') {
      const isAsBefore = decision.key !== acquisition.key;
      this.#note(`asked again, granted ${isAsBefore ? 'as before' : 'anew'}`);
    }
    const { leases, sessions } = this.#ledger();
    if (key !== undefined && leases.has(key) && sessions.has(request.sessionId)) {
      this.#note('asked again while its lease lived');
      if (decision?.kind !== 'granted' || decision.key !== key) {
        this.#faults.push(`${requestOf(request)} was not granted again what it was granted`);
      }
    }
  }

  /** Nobody hears from this server any more; the next one finds what was kept, and perhaps more. */
  async #crash(number: number): Promise<void> {
    const keptCount = this.store.kept.length;
    const facts = this.#handedOver();
    this.#survived.push(...facts.slice(0, keptCount + (number % (facts.length - keptCount + 1))));
    for (const { requestId, sessionId, name, size, waitMs, leaseMs } of this.#acquisitions) {
      if (requestId !== undefined) {
        const before = this.#askedBefore.get(sessionId) ?? [];
        const request = { sessionId, name, size, waitMs, leaseMs, requestId };
        this.#askedBefore.set(sessionId, [...before, request]);
      }
    }
    this.#acquisitions = [];
    this.#owed = 0;
    // The alarms of the server that crashed do not ring any more.
    this.clock = new FakeClock(this.clock.now());
    this.store = new ControlledStateStore();
    const { leases, sessions, fencingToken } = this.#ledger();
    this.store = new ControlledStateStore({
      leases: [...leases.values()],
      sessions: Array.from(sessions.values(), (session) => session.copy()),
      fencingToken,
    });
    await this.#startService();
    for (let connection = 0; connection < FIRST_STREAM; connection += 1) {
      this.#connect(connection);
    }
  }

  #connect(number: number): void {
    if (number >= FIRST_STREAM) {
      this.#requestCount += 1;
      const sessionId = `stream-${this.#requestCount}`;
      this.#sessionIds[number] = sessionId;
      const opening = { sessionId, peer: `${number}`, recoveryMs: RECOVERY_MS };
      const answer = this.#service.openStreamSession({ ...opening, listener: this.#listener() });
      this.#expect('open', answer, (told) => this.#note(`open ${wordOf(told)}`));
      return;
    }
    const opened = this.#service.openSession({ kind: 'connection', peer: `${number}` });
    this.#sessionIds[number] = opened.kind === 'opened' ? opened.sessionId : opened.code;
  }

  #end(sessionId: string): void {
    const isOfStream = sessionId.startsWith('stream-');
    const lives = !isOfStream || this.#ledger().sessions.has(sessionId);
    const answer = this.#service.endSession(sessionId, 'gone');
    this.#expect('end', answer, (hasLived) => {
      if (hasLived !== lives) {
        this.#faults.push(`the end of ${sessionId} was told wrongly`);
      }
    });
  }

  /** An answer that is owed, and not to be told before what it is decided upon is kept. */
  #expect<Told>(what: string, answer: Promise<Told>, hear: (told: Told) => void): void {
    const { store } = this;
    const decidedUpon = this.#handedOver().length;
    this.#owed += 1;
    const heard = (told: Told): void => {
      if (this.store === store) {
        this.#owed -= 1;
        if (store.kept.length < decidedUpon) {
          this.#faults.push(`${what} was told before what it was decided upon was kept`);
        }
        hear(told);
      }
    };
    answer.then(heard, (failure: unknown) => this.#faults.push(`${what} failed: ${failure}`));
  }

  #listener(): (notice: SessionNotice) => void {
    const { store } = this;
    return (notice) => {
      this.#note(`notice ${notice.kind}`);
      const isKept = store.kept.some((fact) =>
        notice.kind === 'session-ended'
          ? fact.type === 'session-ended' && fact.sessionId === notice.sessionId
          : fact.type === 'lease-ended' && fact.key === notice.key,
      );
      if (!isKept) {
        this.#faults.push(`a session heard ${notice.kind} before that was kept`);
      }
    };
  }

  /** One of the latest requests, which have a say still. */
  #some(number: number): PendingAcquisition | undefined {
    const latest = this.#acquisitions.slice(-6);
    return latest[number % latest.length];
  }

  #expectAnswer(what: string, lease: PendingAcquisition, answer: Promise<Answer>): void {
    const { store } = this;
    const isWaiting = what === 'acquire' && lease.waiter !== undefined;
    const decidedUpon = isWaiting ? 0 : this.#handedOver().length;
    const last = this.#handedOver().at(-1);
    const wasRenewed = what === 'renew' && last?.type === 'lease-renewed' && last !== this.#renewal;
    if (wasRenewed) {
      this.#renewal = last;
    }
    this.#owed += 1;
    const hear = (told: Answer): void => {
      if (this.store !== store) {
        return;
      }
      this.#owed -= 1;
      const key = keyGranted(lease);
      const word = wordOf(told);
      this.#note(`${what} ${word}${isWaiting && word === 'granted' ? ' after a wait' : ''}`);
      const isHeld = word === 'granted' || word === 'renewed';
      const isLost = word === 'lease-ended' || (wasRenewed && word === 'lease-unknown');
      const facts = this.#facts().filter((fact) => keyOf(fact) === key);
      const kept = [...this.#survived, ...store.kept].filter((fact) => keyOf(fact) === key);
      const faults = [
        store.kept.length < decidedUpon && 'before what it was decided upon was kept',
        isHeld && kept.length === 0 && 'before the grant was kept',
        isHeld && facts.at(-1)?.type === 'lease-ended' && 'after the lease had ended',
        isLost && kept.at(-1)?.type !== 'lease-ended' && 'before the lease’s end was kept',
      ];
      for (const fault of faults.filter((one) => one !== false)) {
        this.#faults.push(`${what} was told ${word} ${fault}`);
      }
      if (what === 'acquire' && word === 'granted') {
        this.#toldKeys.set(requestOf(lease), key);
      }
    };
    answer.then(hear, (failure: unknown) => this.#faults.push(`${what} failed: ${failure}`));
  }

  #handedOver() {
    return this.store.appended.flat();
  }

  /** Those from before each crash that survived it, and what this server has handed over. */
  #facts(): readonly Fact[] {
    return [...this.#survived, ...this.#handedOver()];
  }

  #ledger(): LeaseLedger {
    const ledger = new LeaseLedger();
    for (const fact of this.#facts()) {
      ledger.apply(fact);
    }
    return ledger;
  }

  /** The facts, in the order of being handed over, over all crashes, never give out more slots than there are. */
  #checkFacts(): void {
    const ledger = new LeaseLedger();
    let fencingToken = 0;
    for (const fact of this.#facts()) {
      ledger.apply(fact);
      if (fact.type === 'lease-granted') {
        expect(fact.fencingToken).to.be.above(fencingToken);
        fencingToken = fact.fencingToken;
        const holders = [...ledger.leases.values()].filter((one) => one.name === fact.name);
        expect(holders.length).to.be.at.most(SIZES[fact.name] ?? 0);
        const { sessionId, requestId } = fact;
        const same = [...ledger.leases.values()].filter(
          (one) => one.sessionId === sessionId && one.requestId === requestId,
        );
        expect(requestId === undefined || same.length === 1).to.equal(true);
      }
    }
    expect([ledger.leases.size, ledger.sessions.size]).to.deep.equal([0, 0]);
  }

  #note(what: string): void {
    this.#heard.set(what, (this.#heard.get(what) ?? 0) + 1);
  }
}

/** The same every day, so that what fails is what was changed; others by hand: docs/TESTING.md. */
const seed = Number(process.env.SEED ?? 1);

describe(`LockService under any interleaving of commands, disk and time (SEED=${seed})`, function () {
  this.timeout(60_000);

  it('tells nobody what a crash could undo, owes nobody an answer and loses no slot', async () => {
    const heard = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 250, size: 'max' }), async (steps) => {
        const watched = new Watched(heard);
        await watched.start();
        for (const one of steps) {
          await watched.run(one);
        }
        await watched.finish();
      }),
      { numRuns: 200, seed },
    );
    for (const [what, countMin] of Object.entries(HEARD_MIN)) {
      expect(heard.get(what) ?? 0, what).to.be.at.least(countMin);
    }
  });
});

function keyOf(fact: Fact): string | undefined {
  return 'key' in fact ? fact.key : undefined;
}

/** Not its own if it was granted before a crash. */
function keyGranted({ decision, key }: PendingAcquisition): string {
  return decision?.kind === 'granted' ? decision.key : key;
}

function requestOf({ sessionId, requestId }: Asked): string {
  return `request ${requestId} of ${sessionId}`;
}

function wordOf(told: Answer): string {
  return 'code' in told ? told.code : told.kind;
}
