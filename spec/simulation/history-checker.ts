/**
 * Why: whether a history can be put in one order, each thing at an instant between its asking and its telling, in which
 * every step is what a lock with so many slots does: linearizability (Herlihy and Wing, 1990), searched for as Wing and
 * Gong do (1993), with states that were seen before left out (Lowe, 2017). Each name by itself, which suffices (its locality).
 */
import type { Entry, Grant, History } from './history.js';

/** Past this the search gives up, loudly: a history is to be checked, not waved through. */
const STEPS_MAX = 2_000_000;

/** The end of a lease by itself: it may come at any time from `mayEndFrom` on, or not at all. */
interface Ending {
  readonly kind: 'ending';
  readonly key: string;
  readonly askedAt: number;
  readonly toldAt: number;
}

type Step = Exclude<Entry, { kind: 'unknown' }> | Ending;

/** What is wrong with a history, in words; nothing if it can be right. */
export function faultsOf(history: History): string[] {
  const faults = [...history.entries].flatMap(([name, entries]) => faultsOfName(name, entries));
  return [...faults, ...tokenFaults(history)];
}

/** Of two grants, whatever their names, the one asked for after the other was told of has the greater token. */
function tokenFaults(history: History): string[] {
  const grants = [...history.entries.values()]
    .flat()
    .filter((entry): entry is Grant => entry.kind === 'granted');
  const byAsking = [...grants].sort((one, other) => one.askedAt - other.askedAt);
  const byTelling = [...grants].sort((one, other) => one.toldAt - other.toldAt);
  const faults: string[] = [];
  let topTold = 0;
  let toldCount = 0;
  for (const grant of byAsking) {
    for (
      let told = byTelling[toldCount];
      told !== undefined && told.toldAt < grant.askedAt;
      told = byTelling[toldCount]
    ) {
      topTold = Math.max(topTold, told.token);
      toldCount += 1;
    }
    if (grant.token <= topTold) {
      faults.push(`${grant.key} has the fencing token ${grant.token}, told after ${topTold}`);
    }
  }
  if (new Set(grants.map(({ token }) => token)).size < grants.length) {
    faults.push('a fencing token was given twice');
  }
  return faults;
}

function faultsOfName(name: string, entries: readonly Entry[]): string[] {
  const search = new Search(entries);
  switch (search.outcome) {
    case 'in order':
      return [];
    case 'given up':
      return [`${name}: no order was found within ${STEPS_MAX} steps`];
    case 'none':
      return [`${name}: no order explains it. It comes as far as ${search.furthest}`];
    default:
      return search.outcome satisfies never;
  }
}

class Search {
  readonly outcome: 'in order' | 'none' | 'given up';
  /** What could not be placed, in words, where most could. */
  furthest = '';
  readonly #steps: readonly Step[];
  readonly #unknowns: readonly Entry[];
  readonly #size: number;
  /** The tokens of the grants, least first, to be placed in that order. */
  readonly #tokens: readonly number[];
  readonly #seen = new Set<string>();
  readonly #isPlaced: Uint8Array;
  #placedMost = -1;
  #stepCount = 0;

  constructor(entries: readonly Entry[]) {
    const grants = entries.filter((entry): entry is Grant => entry.kind === 'granted');
    const endings = grants.map(({ key, mayEndFrom }): Ending => {
      return { kind: 'ending', key, askedAt: mayEndFrom, toldAt: Number.POSITIVE_INFINITY };
    });
    const known = entries.filter((entry) => entry.kind !== 'unknown');
    this.#steps = [...known, ...endings].sort((one, other) => one.askedAt - other.askedAt);
    this.#unknowns = entries.filter(({ kind }) => kind === 'unknown');
    this.#tokens = grants.map(({ token }) => token).sort((one, other) => one - other);
    this.#size = grants[0]?.size ?? 1;
    this.#isPlaced = new Uint8Array(this.#steps.length);
    this.outcome = this.#search();
  }

  /** Depth first, with a stack of its own: histories are long. */
  #search(): 'in order' | 'none' | 'given up' {
    interface Level {
      readonly candidates: readonly number[];
      next: number;
      readonly holders: ReadonlySet<string>;
      readonly grantCount: number;
      readonly placed: number | undefined;
    }
    const stack: Level[] = [];
    const enter = (
      holders: ReadonlySet<string>,
      grantCount: number,
      placed: number | undefined,
    ): boolean => {
      const candidates = this.#candidates();
      if (candidates === undefined) {
        return true;
      }
      stack.push({ candidates, next: 0, holders, grantCount, placed });
      return false;
    };
    if (enter(new Set(), 0, undefined)) {
      return 'in order';
    }
    for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
      const candidate = level.candidates[level.next];
      if (candidate === undefined) {
        stack.pop();
        if (level.placed !== undefined) {
          this.#isPlaced[level.placed] = 0;
        }
        continue;
      }
      level.next += 1;
      this.#stepCount += 1;
      if (this.#stepCount > STEPS_MAX) {
        return 'given up';
      }
      const step = this.#steps[candidate] as Step;
      const holders = this.#after(step, level.holders, level.grantCount);
      if (holders === undefined) {
        continue;
      }
      this.#isPlaced[candidate] = 1;
      const grantCount = level.grantCount + (step.kind === 'granted' ? 1 : 0);
      if (this.#isNew(holders)) {
        if (enter(holders, grantCount, candidate)) {
          return 'in order';
        }
      } else {
        this.#isPlaced[candidate] = 0;
      }
    }
    return 'none';
  }

  /** What may come next: whatever was asked before the first of the others was told; undefined when all is placed. */
  #candidates(): readonly number[] | undefined {
    let firstToldAt = Number.POSITIVE_INFINITY;
    let unplaced: Step | undefined;
    let placedCount = 0;
    for (const [index, step] of this.#steps.entries()) {
      if (this.#isPlaced[index] === 1) {
        placedCount += 1;
      } else if (step.kind !== 'ending' && step.toldAt < firstToldAt) {
        firstToldAt = step.toldAt;
        unplaced = step;
      }
    }
    if (placedCount > this.#placedMost) {
      this.#placedMost = placedCount;
      this.furthest = JSON.stringify(unplaced);
    }
    const isLeft = this.#steps.some(
      ({ kind, toldAt }, index) =>
        kind !== 'ending' && toldAt < Number.POSITIVE_INFINITY && this.#isPlaced[index] === 0,
    );
    if (!isLeft) {
      return undefined;
    }
    const candidates: number[] = [];
    const endings: number[] = [];
    for (const [index, step] of this.#steps.entries()) {
      if (step.askedAt > firstToldAt) {
        break;
      }
      if (this.#isPlaced[index] === 0) {
        (step.kind === 'ending' ? endings : candidates).push(index);
      }
    }
    return [...candidates, ...endings];
  }

  /** Who holds the lock after the step; undefined if no lock does that. */
  #after(
    step: Step,
    holders: ReadonlySet<string>,
    grantCount: number,
  ): ReadonlySet<string> | undefined {
    switch (step.kind) {
      case 'granted': {
        const isNext = this.#tokens[grantCount] === step.token;
        return isNext && holders.size < this.#size ? new Set([...holders, step.key]) : undefined;
      }
      case 'busy':
        return holders.size + this.#unknownCount(step) >= this.#size ? holders : undefined;
      case 'renewed':
        return holders.has(step.key) ? holders : undefined;
      case 'lost':
        return holders.has(step.key) ? undefined : holders;
      case 'released':
      case 'ending': {
        if (!holders.has(step.key)) {
          return undefined;
        }
        const left = new Set(holders);
        left.delete(step.key);
        return left;
      }
      default:
        return step satisfies never;
    }
  }

  /** Slots that somebody may hold who was never told. */
  #unknownCount({ toldAt }: { readonly toldAt: number }): number {
    return this.#unknowns.filter(({ askedAt }) => askedAt < toldAt).length;
  }

  #isNew(holders: ReadonlySet<string>): boolean {
    const state = `${this.#isPlaced.join('')} ${[...holders].sort().join()}`;
    if (this.#seen.has(state)) {
      return false;
    }
    this.#seen.add(state);
    return true;
  }
}
