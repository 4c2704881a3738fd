import { expect } from 'chai';
import fc from 'fast-check';
import { FOREVER } from '../../domain/instant.js';
import { LeaseLedger } from '../../domain/lease-ledger.js';
import { Tally } from '../../domain/tally.js';
import type { AcquireCommand } from '../../domain/waiter.js';
import { LockModel, type ModelEvent, type ModelRules } from '../support/lock-model.js';
import { LockWorld, type Word } from '../support/lock-world.js';

/** Few locks and fewer clients, so that they are in one another's way. */
const SIZES: Readonly<Record<string, number>> = { a: 1, b: 3, c: 18 };
const NAMES = Object.keys(SIZES);
/** The first have connections, the others streams. */
const CLIENTS = 8;
/** No whole ten either. */
const RESTORED_MS = 103.9;

/** How long each client may go unheard of. Each ends at a time of its own: see below. */
const IDLE_MS: readonly number[] = [FOREVER, FOREVER, 117.1, 67.2, 37.3];
/** How long the others live without a stream. */
const RECOVERY_MS: Readonly<Record<number, number>> = { 5: 43.4, 6: 131.6, 7: 0 };
const FIRST_STREAM = 5;
const streamClient = fc.integer({ min: FIRST_STREAM, max: CLIENTS - 1 });
const BOUNDS = { waitersPerLockMax: 8, waitersMax: 12 };

/** Leases end at whole tens, waits at fives, sessions at sevens: no two rules fall due at one instant. */
const leaseMs = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }).map((tens) => tens * 10) },
  { weight: 1, arbitrary: fc.constant(FOREVER) },
);
const waitMs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 20 }).map((tens) => tens * 10 + 5) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constant(FOREVER) },
);
const name = fc.constantFrom(...NAMES);
const client = fc.nat(CLIENTS - 1);
/** Chooses among what there is at that point. */
const pick = fc.nat();

const step = fc.oneof(
  {
    weight: 100,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      client,
      name,
      waitMs,
      leaseMs,
      isOfOtherSize: fc.nat(19).map((one) => one === 0),
    }),
  },
  { weight: 25, arbitrary: fc.record({ kind: fc.constant('release' as const), pick }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('renew' as const),
      pick,
      leaseMs: leaseMs.filter((one) => one < FOREVER),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('revoke' as const), name }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), pick }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      client,
      cause: fc.constantFrom('closed' as const, 'gone' as const),
    }),
  },
  {
    weight: 15,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.integer({ min: 1, max: 4 }).map((tens) => tens * 10),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('collect' as const),
      idleMs: fc.constantFrom(0, 20, 50),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('touch' as const), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('detach' as const), client: streamClient }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('resume' as const), client: streamClient }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('release by' as const), client: streamClient, pick }),
  },
  {
    weight: 30,
    arbitrary: fc.record({ kind: fc.constant('ask again' as const), client: streamClient, pick }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('undo' as const), pick }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/**
 * How often each must come about, over all runs: who saw no wait proves nothing about waits. No more than a third of what
 * is usual, so that no seed misses one by chance.
 */
const SEEN_MIN: Readonly<Record<string, number>> = {
  granted: 500,
  waiting: 300,
  held: 60,
  'size-mismatch': 50,
  'too-many-waiters': 10,
  'session-unknown': 100,
  released: 300,
  'key-invalid': 50,
  renewed: 80,
  'lease-unknown': 50,
  revoked: 20,
  'key-needed': 15,
  restart: 20,
  'a lock was collected': 20,
  'a waiter was told granted': 150,
  'a waiter was told wait-timeout': 40,
  'a waiter was told withdrawn': 90,
  'a lease was expired': 100,
  'a lease was session-ended': 50,
  resumed: 120,
  'a session resumed after a restart': 30,
  'a session was told ended': 100,
  'a session was told expired': 25,
  'a session was told revoked': 2,
  'a session was told released': 50,
  'asked again: granted as before': 1,
  'asked again: granted anew': 10,
  'asked again: waiting': 10,
  'asked again: released as before': 10,
};

const seen = new Map<string, number>();

function note(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

/** What a client of a stream asked for, to be asked again after a restart. */
type Asked =
  | { readonly kind: 'acquire'; readonly command: AcquireCommand & { readonly requestId: number } }
  | {
      readonly kind: 'release';
      readonly requestId: number;
      readonly key: string;
      readonly name: string;
    };

/** The manager and the model side by side. */
class Pair {
  world: LockWorld;
  readonly model: LockModel;
  readonly ledger = new LeaseLedger();
  readonly #tally = new Tally();
  readonly #refusalCounts = new Map<string, number>();
  readonly #names = new Map<string, string>();
  readonly #sessionIds: string[] = [];
  /** By session: what it asked, and what of that it asked from the server before this one. */
  #asked = new Map<string, Asked[]>();
  #askedBefore = new Map<string, Asked[]>();
  #requestCount = 0;
  #fencingToken = 0;

  constructor(readonly rules: ModelRules) {
    this.world = this.#newWorld();
    this.model = new LockModel(rules);
    for (let number = 0; number < CLIENTS; number += 1) {
      this.#connect(number);
    }
  }

  run(step: Step): void {
    const { world, model } = this;
    model.begin(world.now);
    switch (step.kind) {
      case 'acquire':
        this.#acquire(step);
        break;
      case 'release': {
        const { key, of } = this.#someKey(step.pick);
        this.#agree(world.release(key, of), model.release(of, key));
        break;
      }
      case 'renew': {
        const { key, of } = this.#someKey(step.pick);
        this.#agree(world.renew(key, step.leaseMs, of), model.renew(of, key, step.leaseMs));
        break;
      }
      case 'revoke':
        this.#agree(world.revoke({ name: step.name }), model.revoke(step.name));
        break;
      case 'withdraw': {
        const waiters = world.waiters();
        const key = waiters[step.pick % waiters.length];
        if (key !== undefined) {
          world.withdraw(key);
          model.withdraw(this.#names.get(key) ?? '', key);
          this.#agree();
        }
        break;
      }
      case 'end':
        world.end(this.#sessionIds[step.client] ?? '', step.cause);
        model.endSession(this.#sessionIds[step.client] ?? '', step.cause);
        this.#agree();
        this.#connect(step.client);
        break;
      case 'touch': {
        const sessionId = this.#sessionIds[step.client] ?? '';
        expect(world.touch(sessionId)).to.equal(model.touch(sessionId));
        this.#agree();
        break;
      }
      case 'advance':
        world.now += step.ms;
        break;
      case 'expire':
        world.expire();
        model.catchUp();
        this.#agree();
        break;
      case 'collect':
        this.#collect(step.idleMs);
        break;
      case 'restart':
        this.#restart();
        break;
      case 'detach':
        world.detach(this.#sessionIds[step.client] ?? '');
        model.detach(this.#sessionIds[step.client] ?? '');
        this.#agree();
        break;
      case 'resume':
        this.#resume(step.client);
        break;
      case 'release by':
        this.#releaseBy(step);
        break;
      case 'ask again':
        this.#askAgain(step);
        break;
      case 'undo': {
        const { key, of } = this.#someKey(step.pick);
        world.undo(key, of);
        model.undo(of, key);
        this.#agree();
        break;
      }
      default:
        step satisfies never;
    }
  }

  /** Ends all sessions and releases what outlives them: nothing may be left of anything. */
  finish(): void {
    for (const sessionId of this.#sessionIds) {
      this.model.begin(this.world.now);
      this.world.end(sessionId);
      this.model.endSession(sessionId, 'closed');
      this.#agree();
    }
    expect(this.ledger.sessions.size).to.equal(0);
    for (const { key, name: of } of this.world.descriptions()) {
      this.model.begin(this.world.now);
      this.#agree(this.world.release(key, of), this.model.release(of, key));
    }
    expect(this.world.descriptions()).to.deep.equal([]);
    expect(this.world.waiters()).to.deep.equal([]);
    expect(this.world.manager.leaseCount).to.equal(0);
    expect(this.world.manager.nextDeadlineAt).to.equal(FOREVER);
    this.#collect(0);
    expect(this.ledger.leases.size).to.equal(0);
    this.#agreeOnTally();
  }

  /** What was counted, over restarts too, is what the facts and the answers say. */
  #agreeOnTally(): void {
    const { grants, renewals, endings, refusals, holds, waits } = this.#tally;
    const happened = (type: string, reason?: string) =>
      this.world.history.filter(
        (fact) =>
          fact.type === type &&
          (reason === undefined || (fact.type === 'lease-ended' && fact.reason === reason)),
      ).length;
    expect([grants, renewals]).to.deep.equal([
      happened('lease-granted'),
      happened('lease-renewed'),
    ]);
    for (const [reason, count] of Object.entries(endings)) {
      expect(count, reason).to.equal(happened('lease-ended', reason));
    }
    for (const [code, count] of Object.entries(refusals)) {
      expect(count, code).to.equal(this.#refusalCounts.get(code) ?? 0);
    }
    expect(holds.count).to.equal(happened('lease-ended'));
    expect(waits.count).to.be.at.most(grants);
  }

  #acquire(step: Step & { kind: 'acquire' }): void {
    if (this.#isUnclaimed(step.client)) {
      return;
    }
    this.#requestCount += 1;
    const key = `request-${this.#requestCount}`;
    const size = (SIZES[step.name] ?? 0) + (step.isOfOtherSize ? 1 : 0);
    const sessionId = this.#sessionIds[step.client] ?? '';
    const requestId = this.#requestCount;
    const command = {
      ...step,
      sessionId,
      key,
      size,
      ...(isOfStream(step.client) && { requestId }),
    };
    this.#names.set(key, step.name);
    if (isOfStream(step.client)) {
      this.#noteAsked(sessionId, { kind: 'acquire', command: { ...command, requestId } });
    }
    const outcome = this.world.acquire(sessionId, command);
    this.#agree(outcome, this.model.acquire(command));
    if (outcome === 'session-unknown') {
      this.#connect(step.client);
    }
  }

  /** No door asks for a session before it is resumed; and its end, and its leases', may fall in one instant. */
  #isUnclaimed(client: number): boolean {
    return this.model.sessions.get(this.#sessionIds[client] ?? '')?.isUnclaimed ?? false;
  }

  #noteAsked(sessionId: string, asked: Asked): void {
    this.#asked.set(sessionId, [...(this.#asked.get(sessionId) ?? []), asked]);
  }

  #resume(number: number): void {
    const sessionId = this.#sessionIds[number] ?? '';
    const isUnclaimed = this.model.sessions.get(sessionId)?.isUnclaimed;
    const outcome = this.world.resume(sessionId);
    this.#agree(outcome, this.model.resume(sessionId));
    if (outcome === 'session-unknown') {
      this.#connect(number);
    } else if (isUnclaimed) {
      note('a session resumed after a restart');
    }
  }

  #releaseBy(step: { readonly client: number; readonly pick: number }): void {
    this.#requestCount += 1;
    const { key, of: name } = this.#someKey(step.pick);
    const sessionId = this.#sessionIds[step.client] ?? '';
    const by = { sessionId, requestId: this.#requestCount };
    this.#noteAsked(sessionId, { kind: 'release', requestId: by.requestId, key, name });
    const outcome = this.world.releaseBy(by, key, name);
    this.#agree(outcome, this.model.release(name, key, by));
  }

  /** Something that was asked from the server before, once more; from one server, once. */
  #askAgain(step: { readonly client: number; readonly pick: number }): void {
    const sessionId = this.#sessionIds[step.client] ?? '';
    if (this.#isUnclaimed(step.client)) {
      return;
    }
    const before = this.#askedBefore.get(sessionId) ?? [];
    // One of the latest: what has no answer yet.
    const [asked] = before.splice(-1 - (step.pick % Math.max(1, Math.min(8, before.length))), 1);
    if (asked === undefined) {
      return;
    }
    if (asked.kind === 'release') {
      const { requestId, key, name } = asked;
      const by = { sessionId, requestId };
      const outcome = this.world.releaseBy(by, key, name);
      this.#agree(outcome, this.model.release(name, key, by));
      note(
        `asked again: ${outcome}${outcome === 'released' && this.world.facts.length === 0 ? ' as before' : ''}`,
      );
      return;
    }
    this.#requestCount += 1;
    const key = `request-${this.#requestCount}`;
    const command = { ...asked.command, key };
    this.#names.set(key, command.name);
    const outcome = this.world.acquire(sessionId, command);
    this.#agree(outcome, this.model.acquire(command));
    if (outcome === 'granted') {
      const isAsBefore = !this.world.facts.some((fact) => fact.type === 'lease-granted');
      note(`asked again: granted ${isAsBefore ? 'as before' : 'anew'}`);
    } else {
      note(`asked again: ${outcome}`);
    }
  }

  #collect(idleMs: number): void {
    const collected = this.world.collect(idleMs, 0) + this.world.collect(idleMs, 1);
    expect(collected).to.equal(this.model.collect(idleMs));
    note(collected > 0 ? 'a lock was collected' : 'no lock was idle');
  }

  /** Each connection is a new session; so is each stream whose client does not come back to one. */
  #connect(number: number): void {
    this.#requestCount += 1;
    const sessionId = `session-${this.#requestCount}`;
    this.#sessionIds[number] = sessionId;
    const recoveryMs = RECOVERY_MS[number];
    if (recoveryMs !== undefined) {
      this.model.begin(this.world.now);
      this.world.openStream(sessionId, recoveryMs);
      this.model.openStream(sessionId, recoveryMs);
      this.#agree();
      return;
    }
    const idleMs = IDLE_MS[number] ?? FOREVER;
    this.world.openFor(idleMs, sessionId);
    this.model.open(sessionId, idleMs);
  }

  #restart(): void {
    const { now } = this.world;
    this.world = this.world.restart(RESTORED_MS);
    this.model.begin(now);
    this.model.restart(RESTORED_MS);
    for (const [sessionId, asked] of this.#asked) {
      const before = this.#askedBefore.get(sessionId) ?? [];
      this.#askedBefore.set(sessionId, [...before, ...asked]);
    }
    this.#asked = new Map();
    for (let number = 0; number < FIRST_STREAM; number += 1) {
      this.#connect(number);
    }
    this.#agreeOnState();
    note('restart');
  }

  /** A key that lives, if one does, and once in a while one that does not. */
  #someKey(number: number): { readonly key: string; readonly of: string } {
    const live = this.world.descriptions();
    const holder = number % 10 === 0 ? undefined : live[number % live.length];
    const key = holder?.key ?? `request-${number % (this.#requestCount + 1)}`;
    return { key, of: this.#names.get(key) ?? 'a' };
  }

  #newWorld(): LockWorld {
    const { fencingToken } = this.ledger;
    const tally = this.#tally;
    return new LockWorld({ ...this.rules, sessions: [], shardCount: 2, fencingToken, tally });
  }

  #agree(outcome?: Word, expected?: Word): void {
    const { world, model } = this;
    expect(outcome).to.equal(expected);
    const granted = world.facts.flatMap((fact) =>
      fact.type === 'lease-granted' ? [{ name: fact.name, line: fact.key }] : [],
    );
    expect(byName(granted)).to.deep.equal(byName(model.granted));
    const ended = [...world.happened, ...world.told].filter((line) => !line.includes('granted'));
    expect(ended.filter((line) => !/^(renewed|session-opened) /.test(line))).to.have.members(
      model.ended.map(({ line }) => line),
    );
    // A session that is awaited ends when its leases do, in either order, and nobody listens.
    const isHeard = (line: string) => !model.awaited.has(line.split(' ')[0] ?? '');
    expect(world.noticed.filter(isHeard)).to.have.members(model.noticed.filter(isHeard));
    for (const fact of world.facts) {
      this.ledger.apply(fact);
      if (fact.type === 'lease-granted') {
        expect(fact.fencingToken).to.be.above(this.#fencingToken);
        this.#fencingToken = fact.fencingToken;
      }
    }
    this.#agreeOnState();
    this.#note(outcome);
  }

  #agreeOnState(): void {
    const { world, model, ledger } = this;
    const holders = world.descriptions();
    expect(
      holders.map(({ name, key, expiresAt }) => `${name} ${key} ${expiresAt}`),
    ).to.have.members(
      model.locks.flatMap((lock) =>
        lock.holders.map(({ key, endsAt }) => `${lock.name} ${key} ${endsAt}`),
      ),
    );
    expect(
      holders.map(
        (one) => `${one.name} ${one.key} ${one.size} ${one.fencingToken} ${one.grantedAt}`,
      ),
    ).to.have.members(
      Array.from(
        ledger.leases.values(),
        (one) => `${one.name} ${one.key} ${one.size} ${one.fencingToken} ${one.at}`,
      ),
    );
    const streams = [...model.sessions.values()].filter((one) => one.recoveryMs !== undefined);
    expect(world.manager.census).to.deep.include({
      leases: holders.length,
      waiters: world.waiters().length,
      sessions: {
        connection: model.sessions.size - streams.length,
        rest: 0,
        stream: streams.length,
      },
    });
    for (const { name, size } of model.locks) {
      expect(holders.filter((holder) => holder.name === name).length).to.be.at.most(size);
    }
    for (const { expiresAt } of holders) {
      expect(expiresAt).to.be.above(world.now);
    }
    for (const { sessionId } of holders) {
      expect(sessionId === undefined || world.manager.hasSession(sessionId)).to.equal(true);
    }
    expect([...ledger.sessions.keys()]).to.have.members(
      [...model.sessions]
        .filter(([, { recoveryMs }]) => recoveryMs !== undefined)
        .map(([sessionId]) => sessionId),
    );
    const numbered = [...ledger.leases.values()].filter((lease) => lease.requestId !== undefined);
    const requests = new Set(numbered.map((lease) => `${lease.sessionId} ${lease.requestId}`));
    expect(requests.size).to.equal(numbered.length);
    expect(world.waiters()).to.have.members(
      model.locks.flatMap((lock) => lock.queue.map(({ key }) => key)),
    );
  }

  #countIfRefusal(word: string): void {
    if (word in this.#tally.refusals) {
      this.#refusalCounts.set(word, (this.#refusalCounts.get(word) ?? 0) + 1);
    }
  }

  #note(outcome: Word | undefined): void {
    if (outcome !== undefined) {
      note(outcome);
      this.#countIfRefusal(outcome);
    }
    for (const line of this.world.told) {
      this.#countIfRefusal(line.split(' ')[1] ?? '');
      note(`a waiter was told ${line.split(' ')[1]}`);
    }
    for (const line of this.world.happened) {
      note(`a lease was ${line.split(' ')[0]}`);
    }
    for (const line of this.world.noticed) {
      note(`a session was told ${line.split(' ').at(-1)}`);
    }
  }
}

function isOfStream(client: number): boolean {
  return client >= FIRST_STREAM;
}

/** In their order within a name; names among one another are free. */
function byName(events: readonly ModelEvent[]): ModelEvent[] {
  return events.toSorted((one, other) => one.name.localeCompare(other.name));
}

/** The same every day, so that what fails is what was changed; others by hand: docs/TESTING.md. */
const seed = Number(process.env.SEED ?? 1);

describe(`LockManager under any sequence of commands (SEED=${seed})`, function () {
  this.timeout(60_000);

  it('does what a plain model of locks does, and folding its facts gives its holders', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), fc.boolean(), (steps, keeps) => {
        const pair = new Pair({ ...BOUNDS, keepLeasesOfGone: keeps });
        for (const one of steps) {
          pair.run(one);
        }
        pair.finish();
      }),
      { numRuns: 50, seed },
    );
    for (const [what, countMin] of Object.entries(SEEN_MIN)) {
      expect(seen.get(what) ?? 0, what).to.be.at.least(countMin);
    }
  });
});
