import { expect } from 'chai';
import fc from 'fast-check';
import type { PendingAcquisition } from '../../domain/acquisition.js';
import { FOREVER } from '../../domain/instant.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import type { Fact } from '../../domain/facts.js';
import { LockService } from '../../domain/lock-service.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { FixedKeySource } from '../support/fixed-key-source.js';
import { RecordingLogger } from '../support/recording-logger.js';

const SIZES: Readonly<Record<string, number>> = { a: 1, b: 2 };
const CLIENTS = 4;

const client = fc.nat(CLIENTS - 1);
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
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** How often answers of each kind must come, over all runs. */
const HEARD_MIN: Readonly<Record<string, number>> = {
  'acquire granted': 500,
  'acquire granted after a wait': 200,
  'acquire held': 500,
  'acquire withdrawn': 500,
  'acquire wait-timeout': 100,
  'acquire lease-ended': 500,
  'release released': 200,
  'release key-invalid': 500,
  'renew renewed': 50,
  'renew lease-unknown': 500,
};

type Answer = { readonly kind: string } | { readonly kind: 'refused'; readonly code: string };

/** A service on a slow disk, and the eyes that watch what it hands over and what it tells. */
class Watched {
  readonly clock = new FakeClock(0);
  readonly store = new ControlledStateStore();
  readonly #heard: Map<string, number>;
  readonly #acquisitions: PendingAcquisition[] = [];
  readonly #sessionIds: string[] = [];
  readonly #faults: string[] = [];
  #service!: LockService;
  #owed = 0;

  constructor(heard: Map<string, number>) {
    this.#heard = heard;
  }

  async start(): Promise<void> {
    this.#service = await LockService.start({
      rules: {
        shardCount: 2,
        nameBytesMax: 10,
        restoredLeaseMs: 1_000,
        keepLeasesOnDisconnect: false,
        sessionsMax: 100,
        waitersPerLockMax: 1_000,
        waitersMax: 1_000,
        idleCollectionIntervalMs: 50,
        idleMinMs: 0,
      },
      clock: this.clock,
      store: this.store,
      keys: new FixedKeySource(),
      logger: new RecordingLogger('error'),
      onFailure: (failure) => {
        throw failure;
      },
    });
    for (let number = 0; number < CLIENTS; number += 1) {
      this.#connect(number);
    }
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'acquire': {
        const sessionId = this.#sessionIds[step.client] ?? '';
        const size = SIZES[step.name] ?? 0;
        const acquisition = this.#service.acquire({ ...step, sessionId, size });
        this.#acquisitions.push(acquisition);
        this.#expectAnswer('acquire', acquisition, acquisition.answer);
        break;
      }
      case 'withdraw':
        this.#some(step.pick)?.withdraw();
        break;
      case 'release': {
        const lease = this.#some(step.pick);
        if (lease !== undefined) {
          this.#expectAnswer('release', lease, this.#service.release(lease));
        }
        break;
      }
      case 'renew': {
        const lease = this.#some(step.pick);
        if (lease !== undefined) {
          const { name, key } = lease;
          this.#expectAnswer('renew', lease, this.#service.renew({ name, key, leaseMs: 30 }));
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
    this.store.resolveAll();
    await this.clock.settle();
    expect(this.#owed).to.equal(0);
    expect(this.#faults.join('; ')).to.equal('');
    expect(this.#service.leaseCount).to.equal(0);
    await this.clock.advance(100);
    expect(this.clock.alarmCount).to.equal(1);
    this.#checkFacts();
  }

  #connect(number: number): void {
    const opened = this.#service.openSession({ kind: 'connection', peer: `${number}` });
    this.#sessionIds[number] = opened.kind === 'opened' ? opened.sessionId : opened.code;
  }

  #end(sessionId: string): void {
    const answer = this.#service.endSession(sessionId, 'gone');
    const decidedUpon = this.#handedOver().length;
    this.#owed += 1;
    const hear = (hasLived: boolean): void => {
      this.#owed -= 1;
      if (!hasLived || this.store.kept.length < decidedUpon) {
        this.#faults.push('the end of a session was told wrongly, or before it was kept');
      }
    };
    answer.then(hear, (failure: unknown) =>
      this.#faults.push(`a session’s end failed: ${failure}`),
    );
  }

  /** One of the latest requests, which have a say still. */
  #some(number: number): PendingAcquisition | undefined {
    const latest = this.#acquisitions.slice(-6);
    return latest[number % latest.length];
  }

  #expectAnswer(what: string, lease: PendingAcquisition, answer: Promise<Answer>): void {
    const isWaiting = what === 'acquire' && lease.waiter !== undefined;
    const decidedUpon = isWaiting ? 0 : this.#handedOver().length;
    const last = this.#handedOver().at(-1);
    const wasRenewed = last?.type === 'lease-renewed' && last.key === lease.key;
    this.#owed += 1;
    const hear = (told: Answer): void => {
      this.#owed -= 1;
      const word = 'code' in told ? told.code : told.kind;
      this.#note(`${what} ${word}${isWaiting && word === 'granted' ? ' after a wait' : ''}`);
      const isHeld = word === 'granted' || word === 'renewed';
      const isLost = word === 'lease-ended' || (wasRenewed && word === 'lease-unknown');
      const facts = this.#handedOver().filter((fact) => keyOf(fact) === lease.key);
      const kept = this.store.kept.filter((fact) => keyOf(fact) === lease.key);
      const faults = [
        this.store.kept.length < decidedUpon && 'before what it was decided upon was kept',
        isHeld && kept.length === 0 && 'before the grant was kept',
        isHeld && facts.at(-1)?.type === 'lease-ended' && 'after the lease had ended',
        isLost && kept.at(-1)?.type !== 'lease-ended' && 'before the lease’s end was kept',
      ];
      for (const fault of faults.filter((one) => one !== false)) {
        this.#faults.push(`${what} was told ${word} ${fault}`);
      }
    };
    answer.then(hear, (failure: unknown) => this.#faults.push(`${what} failed: ${failure}`));
  }

  #handedOver() {
    return this.store.appended.flat();
  }

  /** The facts, in the order of being handed over, never give out more slots than there are. */
  #checkFacts(): void {
    const ledger = new LeaseLedger();
    let fencingToken = 0;
    for (const fact of this.#handedOver()) {
      ledger.apply(fact);
      if (fact.type === 'lease-granted') {
        expect(fact.fencingToken).to.be.above(fencingToken);
        fencingToken = fact.fencingToken;
        const holders = [...ledger.leases.values()].filter((one) => one.name === fact.name);
        expect(holders.length).to.be.at.most(SIZES[fact.name] ?? 0);
      }
    }
    expect(ledger.leases.size).to.equal(0);
  }

  #note(what: string): void {
    this.#heard.set(what, (this.#heard.get(what) ?? 0) + 1);
  }
}

describe('LockService under any interleaving of commands, disk and time', function () {
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
      { numRuns: 200 },
    );
    for (const [what, countMin] of Object.entries(HEARD_MIN)) {
      expect(heard.get(what) ?? 0, what).to.be.at.least(countMin);
    }
  });
});

function keyOf(fact: Fact): string | undefined {
  return 'key' in fact ? fact.key : undefined;
}
