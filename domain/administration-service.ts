/** Why: the side of a LockService that operators see: what there is, in pages; what changes; what is taken away, with a line about it. */
import type { Clock } from '../ports/outbound/clock.js';
import type { LogFields, Logger } from '../ports/outbound/logger.js';
import type { PendingAcquisition } from './acquisition.js';
import type { Decision, Kicked, Revoked, RevokedMany } from './decision.js';
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerRole,
  ServerStats,
  SessionDescription,
} from './descriptions.js';
import { maskedKey, shortName } from './disclosure.js';
import { type HolderFilter, holderTest } from './holder-filter.js';
import type { HolderFeed, HolderNews, HolderWatch } from './holder-watch.js';
import type { HolderWatches } from './holder-watches.js';
import type { Instant } from './instant.js';
import type { LockManager } from './lock-manager.js';
import { EMBEDDING_PROGRAM, type Operator } from './operator.js';
import type { Refused } from './refusal.js';

/** How many are looked at in a turn of the event loop, and so how many a page has at most. */
const PAGE_LENGTH = 1_000;

/** How often who watches hears that the server is there, if nothing else. */
const WATCH_ROUSED_MS = 10_000;

/** The most of the busiest locks that are told: their names may be long. */
const BUSIEST_MAX = 100;

export interface AdministrationServiceParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly manager: LockManager<PendingAcquisition>;
  readonly watches: HolderWatches;
  readonly about: { readonly version: string; readonly role: () => ServerRole };
  /** Decides on a command; resolves when that is kept. */
  readonly answer: <Outcome>(
    command: (now: Instant) => Decision<Outcome, PendingAcquisition>,
  ) => Promise<Outcome | Refused>;
  /** Resolves when everything decided so far is kept. */
  readonly whenKept: () => Promise<void>;
}

/** See the port Administration. */
export class AdministrationService {
  readonly #parts: AdministrationServiceParts;
  readonly #manager: LockManager<PendingAcquisition>;
  readonly #startedAt: Instant;

  constructor(parts: AdministrationServiceParts) {
    this.#parts = parts;
    this.#manager = parts.manager;
    this.#startedAt = parts.clock.now();
  }

  now(): Instant {
    return this.#parts.clock.now();
  }

  revoke(
    request: { readonly name: string; readonly key?: string },
    by: Operator = EMBEDDING_PROGRAM,
  ): Promise<Revoked | Refused> {
    const { name, key } = request;
    const answer = this.#parts.answer((now) => this.#manager.revoke(request, now));
    return this.#audited('Lock revoked', { by, lock: shortName(name) }, answer, (revoked) => ({
      key: maskedKey(revoked?.key ?? key ?? ''),
      leases: 1,
    }));
  }

  revokeAll(name: string, by: Operator = EMBEDDING_PROGRAM): Promise<RevokedMany | Refused> {
    const answer = this.#revokeInTurns(name);
    return this.#audited('Lock revoked', { by, lock: shortName(name) }, answer, (revoked) => ({
      leases: revoked?.count ?? 0,
    }));
  }

  kick(sessionId: string, by: Operator = EMBEDDING_PROGRAM): Promise<Kicked | Refused> {
    const answer = this.#parts.answer((now) => this.#manager.kick(sessionId, now));
    return this.#audited(
      'Session ended',
      { by, session: shortName(sessionId) },
      answer,
      (kicked) => ({
        peer: kicked?.session,
        leases: kicked?.leaseCount ?? 0,
        waiters: kicked?.waiterCount ?? 0,
      }),
    );
  }

  holders(filter: HolderFilter = {}): AsyncIterable<readonly HolderDescription[]> {
    const { name } = filter;
    return this.#paged(
      name === undefined ? this.#manager.holders() : this.#manager.holdersOf(name),
      holderTest(filter),
    );
  }

  async *lock(name: string): AsyncIterable<LockPart> {
    const lock = this.#manager.lockNamed(name);
    const now = this.now();
    await this.#parts.whenKept();
    if (lock === undefined) {
      return;
    }
    yield { kind: 'lock', lock, now };
    for await (const holders of this.#paged(this.#manager.holdersOf(name))) {
      yield { kind: 'holders', holders };
    }
    for await (const waiters of this.#paged(this.#manager.waitersOf(name))) {
      yield { kind: 'waiters', waiters };
    }
  }

  sessions(): AsyncIterable<readonly SessionDescription[]> {
    return this.#paged(this.#manager.sessions());
  }

  async stats(): Promise<ServerStats> {
    const { version, role } = this.#parts.about;
    const stats = {
      ...this.#manager.counts,
      version,
      role: role(),
      startedAt: this.#startedAt,
      now: this.now(),
    };
    await this.#parts.whenKept();
    return stats;
  }

  async busiest(count: number): Promise<readonly LockDescription[]> {
    const countMax = Math.min(count, BUSIEST_MAX);
    let busiest: LockDescription[] = [];
    for await (const locks of this.#paged(this.#manager.locks())) {
      busiest = [...busiest, ...locks].sort(byBusyness).slice(0, countMax);
    }
    return busiest;
  }

  watch(filter: HolderFilter): HolderFeed {
    const { watches } = this.#parts;
    const watch = watches.open(filter);
    this.#manager.isWatched = !watches.isEmpty;
    const close = () => {
      watches.close(watch);
      this.#manager.isWatched = !watches.isEmpty;
    };
    return { close, [Symbol.asyncIterator]: () => this.#newsOf(watch, close) };
  }

  /** A crowd of leases ends in slices, so that it stops nobody else. */
  async #revokeInTurns(name: string): Promise<RevokedMany | Refused> {
    const upToToken = this.#manager.counts.fencingToken;
    let count = 0;
    for (;;) {
      const answer = await this.#parts.answer((now) =>
        this.#manager.revokeMany({ name, upToToken, countMax: PAGE_LENGTH }, now),
      );
      if (answer.kind === 'refused') {
        return count > 0 && answer.code === 'lock-unknown'
          ? { kind: 'revoked-many', count }
          : answer;
      }
      count += answer.count;
      if (answer.count < PAGE_LENGTH) {
        return { kind: 'revoked-many', count };
      }
      await this.#nextTurn();
    }
  }

  /** Writes down what an operator did, or tried to do; when it is kept, since it is not done before. */
  async #audited<Outcome extends { readonly kind: string }>(
    deed: string,
    { by, ...what }: { readonly by: Operator; readonly lock?: string; readonly session?: string },
    answer: Promise<Outcome | Refused>,
    detail: (outcome: Exclude<Outcome, Refused> | undefined) => LogFields,
  ): Promise<Outcome | Refused> {
    const { door, peer, certificateSubject: certificate, says } = by;
    const who = `by ${door} administrator`;
    const from = { peer: peer && shortName(peer), certificate, says: says && shortName(says) };
    const { logger } = this.#parts;
    try {
      const outcome = await answer;
      if (outcome.kind === 'refused') {
        const { code: refusal } = outcome as Refused;
        logger.info(`${deed} ${who}: refused`, {
          ...what,
          ...detail(undefined),
          leases: 0,
          refusal,
          by: from,
        });
      } else {
        logger.warn(`${deed} ${who}`, {
          ...what,
          ...detail(outcome as Exclude<Outcome, Refused>),
          by: from,
        });
      }
      return outcome;
    } catch (failure) {
      logger.error(`${deed} ${who}: not known whether it was kept`, { ...what, by: from });
      throw failure;
    }
  }

  /** Pages with a turn of the event loop between them, each of what was kept when it was looked at. */
  async *#paged<Item>(
    items: Iterable<Item | undefined>,
    isWanted: (item: Item) => boolean = () => true,
  ): AsyncIterable<readonly Item[]> {
    await this.#parts.whenKept();
    let page: Item[] = [];
    let seenCount = 0;
    for (const item of items) {
      if (item !== undefined && isWanted(item)) {
        page.push(item);
      }
      seenCount += 1;
      if (seenCount % PAGE_LENGTH === 0) {
        await this.#parts.whenKept();
        if (page.length > 0) {
          yield page;
          page = [];
        }
        await this.#nextTurn();
      }
    }
    await this.#parts.whenKept();
    if (page.length > 0) {
      yield page;
    }
  }

  async *#newsOf(
    watch: HolderWatch,
    close: () => void,
  ): AsyncGenerator<HolderNews, void, undefined> {
    const { clock } = this.#parts;
    try {
      for (;;) {
        const alarm = clock.setAlarm(this.now() + WATCH_ROUSED_MS, () => watch.rouse());
        await watch.whenRoused();
        alarm.cancel();
        const news = watch.take();
        if (news === undefined) {
          return;
        }
        yield news;
      }
    } finally {
      close();
    }
  }

  #nextTurn(): Promise<void> {
    const { clock } = this.#parts;
    return new Promise((resolve) => {
      clock.setAlarm(clock.now(), resolve);
    });
  }
}

/** Most waiters first, then most grants; by name, so that the order is the same each time. */
function byBusyness(one: LockDescription, other: LockDescription): number {
  return (
    other.waiterCount - one.waiterCount ||
    other.grantCount - one.grantCount ||
    (one.name < other.name ? -1 : 1)
  );
}
