/**
 * Why: what a lock server must do, told a second time and independently of `domain/`: it hears what is asked of the
 * service, each fact that it decides, in the moment it does, and what it answers; and it says what was wrong.
 */
import type { Fact } from '../../domain/facts.js';
import type { RecoveredState } from '../../ports/outbound/state-store.js';

export interface Ask {
  readonly key: string;
  readonly name: string;
  readonly sessionId: string;
  /** When its wait is over. */
  readonly waitUntil: number;
}

interface Holder {
  readonly name: string;
  readonly size: number;
  readonly token: number;
  readonly leaseMs: number;
  readonly sessionId: string;
  /** Before this it may not expire. */
  readonly notBefore: number;
  readonly isRestored: boolean;
}

/** What facts lead to. */
class State {
  readonly holders = new Map<string, Holder>();
  /** How long each outlives its stream. */
  readonly sessions = new Map<string, number>();
  topToken = 0;

  copy(): State {
    const copy = new State();
    for (const [key, holder] of this.holders) {
      copy.holders.set(key, holder);
    }
    for (const [id, recoveryMs] of this.sessions) {
      copy.sessions.set(id, recoveryMs);
    }
    copy.topToken = this.topToken;
    return copy;
  }

  apply(fact: Fact, now: number): void {
    switch (fact.type) {
      case 'lease-granted': {
        const { name, size, fencingToken: token, leaseMs, sessionId } = fact;
        const notBefore = now + leaseMs;
        const holder = { name, size, token, leaseMs, sessionId, notBefore, isRestored: false };
        this.holders.set(fact.key, holder);
        this.topToken = Math.max(this.topToken, token);
        return;
      }
      case 'lease-renewed': {
        const holder = this.holders.get(fact.key);
        if (holder !== undefined) {
          const { leaseMs } = fact;
          const renewed = { ...holder, leaseMs, notBefore: now + leaseMs, isRestored: false };
          this.holders.set(fact.key, renewed);
        }
        return;
      }
      case 'lease-ended':
        this.holders.delete(fact.key);
        return;
      case 'session-opened':
        this.sessions.set(fact.sessionId, fact.recoveryMs);
        return;
      case 'session-ended':
        this.sessions.delete(fact.sessionId);
        return;
      default:
        fact satisfies never;
    }
  }

  /** What is to be found again after a restart, in words that can be compared. */
  get words(): string {
    const holders = Array.from(
      this.holders,
      ([key, { name, size, token, leaseMs, sessionId }]) =>
        `${key} ${name} ${size} ${token} ${leaseMs} ${sessionId}`,
    );
    return [...holders.sort(), ...[...this.sessions.keys()].sort(), this.topToken].join('\n');
  }
}

function wordsOf({ leases, sessions, fencingToken }: RecoveredState): string {
  const state = new State();
  for (const lease of leases) {
    state.apply({ type: 'lease-granted', ...lease }, 0);
  }
  for (const session of sessions) {
    state.apply({ type: 'session-opened', ...session }, 0);
  }
  state.topToken = fencingToken;
  return state.words;
}

export class Oracle {
  /** In words for whoever reads them; none for a server that is right. */
  readonly violations: string[] = [];
  grantCount = 0;
  /** Grants to those who had to wait. */
  contendedCount = 0;
  recoveryCount = 0;
  /** As it was when the present life of the server began. */
  #base = new State();
  #state = new State();
  /** Of the present life. */
  #facts: { readonly fact: Fact; readonly at: number }[] = [];
  #keptCount = 0;
  /** The highest that anyone can have heard of. */
  #toldToken = 0;
  /** Undecided requests of each lock, in the order in which they came. */
  readonly #queues = new Map<string, Map<string, Ask>>();
  readonly #askedFor = new Map<string, Ask>();
  readonly #gone = new Set<string>();
  readonly #endedSessions = new Set<string>();
  readonly #restoredMs: number;
  /** When slots came free, of those that did so in this very moment: an expired lease's at its end, however late that is seen. */
  readonly #freedAt = new Map<string, number>();
  /** Who is leaving in this very moment. */
  #leaving: { readonly key?: string; readonly sessionId?: string } = {};

  constructor(restoredMs: number) {
    this.#restoredMs = restoredMs;
  }

  get holderCount(): number {
    return this.#state.holders.size;
  }

  /** Each with its key. */
  get holders(): readonly { readonly name: string; readonly key: string }[] {
    return Array.from(this.#state.holders, ([key, { name }]) => ({ name, key }));
  }

  has(key: string): boolean {
    return this.#state.holders.has(key);
  }

  /** Looks for leases that outlive their ends by more than `graceMs`; not for those of clients that may come back. */
  expectNothingOverdue(now: number, graceMs: number): void {
    for (const [key, { notBefore, isRestored }] of this.#state.holders) {
      if (!isRestored && notBefore < now - graceMs) {
        this.blame(`${key} outlives its end`);
      }
    }
  }

  get sessionCount(): number {
    return this.#state.sessions.size;
  }

  get undecidedCount(): number {
    return this.#askedFor.size;
  }

  blame(violation: string): void {
    this.violations.push(violation);
  }

  /** A life of the server begins: what it finds is what a part of the facts leads to that has all that was kept. */
  begins(recovered: RecoveredState, now: number): void {
    const found = wordsOf(recovered);
    const state = this.#base.copy();
    let isFound = false;
    for (let count = 0; count <= this.#facts.length && !isFound; count += 1) {
      isFound = count >= this.#keptCount && state.words === found;
      const next = this.#facts[count];
      if (!isFound && next !== undefined) {
        state.apply(next.fact, next.at);
      }
    }
    if (!isFound) {
      this.blame(
        `found after a restart is not what was kept: ${found} instead of ${this.#keptFacts}`,
      );
    }
    this.recoveryCount += 1;
    this.#base = isFound ? state : this.#state.copy();
    for (const [key, holder] of this.#base.holders) {
      const recoveryMs = this.#base.sessions.get(holder.sessionId) ?? 0;
      const believedMs = Math.min(holder.leaseMs, recoveryMs);
      const notBefore = now + Math.max(this.#restoredMs, believedMs);
      this.#base.holders.set(key, { ...holder, notBefore, isRestored: true });
    }
    this.#state = this.#base.copy();
    this.#facts = [];
    this.#keptCount = 0;
    this.#queues.clear();
    this.#askedFor.clear();
    this.#gone.clear();
    this.#endedSessions.clear();
  }

  asked(ask: Ask): void {
    if (!this.#askedFor.has(ask.key)) {
      this.#askedFor.set(ask.key, ask);
      const queue = this.#queues.get(ask.name) ?? new Map<string, Ask>();
      this.#queues.set(ask.name, queue.set(ask.key, ask));
    }
  }

  /** Nobody asks for it any more, or it was refused. */
  isOver(key: string): void {
    const ask = this.#askedFor.get(key);
    if (ask !== undefined) {
      this.#askedFor.delete(key);
      this.#queues.get(ask.name)?.delete(key);
    }
  }

  /**
   * Someone leaves, by `act`. What was due before may still grant it something, and may pass over it.
   */
  leaves<Result>(
    who: { readonly key?: string; readonly sessionId?: string },
    act: () => Result,
  ): Result {
    this.#leaving = who;
    const result = act();
    this.#leaving = {};
    if (who.key !== undefined) {
      this.#gone.add(who.key);
      this.isOver(who.key);
    }
    if (who.sessionId !== undefined) {
      this.#sessionEnded(who.sessionId);
    }
    return result;
  }

  sessionResumed(sessionId: string, now: number): void {
    for (const [key, holder] of this.#state.holders) {
      if (holder.sessionId === sessionId && holder.isRestored) {
        const notBefore = Math.max(holder.notBefore, now + holder.leaseMs);
        this.#state.holders.set(key, { ...holder, notBefore, isRestored: false });
      }
    }
  }

  #sessionEnded(sessionId: string): void {
    this.#endedSessions.add(sessionId);
    for (const ask of [...this.#askedFor.values()]) {
      if (ask.sessionId === sessionId) {
        this.isOver(ask.key);
      }
    }
  }

  /** @returns how many facts there are now, to be told as `kept`. */
  decided(facts: readonly Fact[], now: number): number {
    this.#freedAt.clear();
    const ending = new Set(
      facts.flatMap((fact) => (fact.type === 'session-ended' ? [fact.sessionId] : [])),
    );
    for (const fact of facts) {
      if (fact.type === 'lease-granted') {
        this.#judgeGrant(fact, now, ending);
      } else if (fact.type === 'session-ended') {
        this.#sessionEnded(fact.sessionId);
      } else if (fact.type === 'lease-renewed' || fact.type === 'lease-ended') {
        this.#judgeMove(fact, now);
      }
      this.#state.apply(fact, now);
      this.#facts.push({ fact, at: now });
    }
    return this.#facts.length;
  }

  kept(count: number): void {
    for (const { fact } of this.#facts.slice(this.#keptCount, count)) {
      if (fact.type === 'lease-granted') {
        this.#toldToken = Math.max(this.#toldToken, fact.fencingToken);
      }
    }
    this.#keptCount = Math.max(this.#keptCount, count);
  }

  /** A client is about to be told that it holds this, or held and released it. */
  answered(what: 'granted' | 'released' | 'renewed', key: string, askedFrom: number): void {
    const type = { granted: 'lease-granted', released: 'lease-ended', renewed: 'lease-renewed' }[
      what
    ];
    const at = this.#facts.findIndex(
      ({ fact }, index) =>
        index >= askedFrom && fact.type === type && 'key' in fact && fact.key === key,
    );
    if (at >= this.#keptCount) {
      this.blame(`${what} ${key} was answered before it was kept`);
    }
    if (at === -1 && what !== 'released' && !this.#base.holders.has(key)) {
      this.blame(`${what} ${key} was answered though nothing of it was decided`);
    }
  }

  /** A client is about to be told no, for what there was when there were so many facts. */
  refused(what: string, factCount: number): void {
    if (factCount > this.#keptCount) {
      this.blame(`${what} was refused by what was not kept`);
    }
  }

  get factCount(): number {
    return this.#facts.length;
  }

  #judgeGrant(
    fact: Fact & { readonly type: 'lease-granted' },
    now: number,
    ending: ReadonlySet<string>,
  ): void {
    const { key, name, size, fencingToken, sessionId } = fact;
    this.grantCount += 1;
    const holders = [...this.#state.holders.values()].filter((holder) => holder.name === name);
    if (holders.length >= size) {
      this.blame(`${key} is granted ${name}, whose ${size} slots are held`);
    }
    if (holders.some((holder) => holder.size !== size)) {
      this.blame(`${key} is granted ${name} by another size than its holders`);
    }
    if (fencingToken <= Math.max(this.#state.topToken, this.#toldToken)) {
      this.blame(
        `${key} has the fencing token ${fencingToken}, which is not greater than all before`,
      );
    }
    if (this.#gone.has(key) || this.#endedSessions.has(sessionId)) {
      this.blame(`${key} is granted ${name} though its client is gone`);
    }
    const ask = this.#askedFor.get(key);
    const freedAt = this.#freedAt.get(name) ?? now;
    if (ask !== undefined && ask.waitUntil <= freedAt) {
      this.blame(`${key} is granted ${name} after its wait was over`);
    }
    for (const earlier of this.#queues.get(name)?.values() ?? []) {
      if (earlier.key === key) {
        break;
      }
      const isLeaving =
        ending.has(earlier.sessionId) ||
        this.#leaving.key === earlier.key ||
        this.#leaving.sessionId === earlier.sessionId;
      if (earlier.waitUntil > now && !isLeaving) {
        this.blame(`${key} is granted ${name} before ${earlier.key}, which has waited longer`);
      }
    }
    if (ask !== undefined) {
      this.contendedCount += 1;
    }
    this.isOver(key);
  }

  #judgeMove(fact: Fact & { readonly key: string; readonly name: string }, now: number): void {
    const holder = this.#state.holders.get(fact.key);
    if (holder === undefined || holder.name !== fact.name) {
      this.blame(`${fact.type} of ${fact.key}, which does not hold ${fact.name}`);
      return;
    }
    if (fact.type === 'lease-renewed' && now >= holder.notBefore) {
      this.blame(`${fact.key} is renewed after its end`);
    }
    if (fact.type !== 'lease-ended') {
      return;
    }
    this.#freedAt.set(fact.name, fact.reason === 'expired' ? Math.min(now, holder.notBefore) : now);
    if (fact.reason === 'expired' && now < holder.notBefore) {
      this.blame(`${fact.key} expires ${holder.notBefore - now} ms before its end`);
    }
    if (fact.reason === 'released' && now >= holder.notBefore) {
      this.blame(`${fact.key} is released after its end`);
    }
  }

  get #keptFacts(): string {
    return this.#facts
      .map(
        ({ fact }, index) =>
          `${index < this.#keptCount ? '' : '(not kept) '}${JSON.stringify(fact)}`,
      )
      .join('\n');
  }
}
