/**
 * Why: makes one history of what several processes reported. `mayEndFrom`, from when on the server may give a slot to
 * somebody else, must never be later than it truly is, or a right server is blamed; and as late as it can be known, or a wrong
 * one goes free. So it is what the client itself vouched for last, case by case:
 *
 * - **Held, over the stream.** A client that says at t that it holds the lock for d more relies on it until t + d, whatever
 *   becomes of it: stopped at once, it works on until then. So the last t + d that got out counts. What it
 *   learned later could only have moved that out.
 * - **Stopped.** Nothing is to be added: it vouched before it was stopped. When it goes on after the end, it vouches for
 *   nothing any more, and the end stays where it was.
 * - **Killed.** The same: nobody tells the server, which keeps the slot as long as its client could live.
 * - **Told of its loss.** No sooner than at its end, since no operator revokes here: a loss before what was vouched for is a
 *   fault of its own, and one after it adds nothing.
 * - **Asked to release.** From the asking on, answered or not.
 * - **Asked to renew to a shorter time.** From then on no later than that time after the asking, answered or not; the
 *   vouchings after that know of it.
 * - **Held, by single calls.** The connection is the session: when the server is killed or stops, or the client is killed, the lock
 *   goes with it, and the client may be the last to hear. So the instant before the signal counts as well, for all that was asked for before it,
 *   and so does the loss that the client was told of. A stopped process keeps its connection, for no keepalive is
 *   as short as a stop.
 *
 * A request without an answer, or one that was asked once more in another session, may have been granted: an unknown slot.
 */
import { type Grant, History } from './history.js';
import type { ReportedLine } from './reported-line.js';
import type { Answer } from './term-book.js';

interface Asked {
  readonly name: string;
  readonly size: number;
  readonly at: number;
}

export interface Beliefs {
  /** Whether clients stop to believe when they cannot rely on the lock any more, or only when they release it. */
  readonly areCareful: boolean;
}

const NEVER = Number.POSITIVE_INFINITY;

/** One process, from its start to its end. */
export class ReportBook {
  readonly isUnary: boolean;
  readonly #name: string;
  readonly #lines: ReportedLine[] = [];
  #killedAt: number | undefined;

  constructor({ name, isUnary }: { readonly name: string; readonly isUnary: boolean }) {
    this.#name = name;
    this.isUnary = isUnary;
  }

  note(line: ReportedLine): void {
    this.#lines.push(line);
  }

  /** It is killed from this instant on; lines that it had reported by then may be noted later. */
  killed(at: number): void {
    this.#killedAt = at;
  }

  countOf(kind: ReportedLine['kind']): number {
    return this.#lines.filter((line) => line.kind === kind).length;
  }

  /** All that it was told, and by whom. */
  get answers(): readonly Answer[] {
    const askedAt = new Map<number, number>();
    return this.#lines.flatMap((line) => {
      if (line.kind === 'asked') {
        askedAt.set(line.id, line.at);
      }
      if (line.kind === 'granted' || line.kind === 'busy') {
        return [answerOf(line, askedAt.get(line.id))];
      }
      const isAnswer = line.kind === 'renewed' || line.kind === 'released';
      return isAnswer ? [answerOf(line, line.askedAt)] : [];
    });
  }

  /**
   * Adds what was reported to the history.
   * @param cutsAt when the server's connections were about to break.
   * @returns what is wrong by itself, in words.
   */
  addTo(history: History, cutsAt: readonly number[], { areCareful }: Beliefs): readonly string[] {
    return new Reading(this.#name, history, {
      cutsAt: this.isUnary ? [...cutsAt, this.#killedAt ?? NEVER] : [],
      areCareful,
      isUnary: this.isUnary,
    }).read(this.#lines);
  }
}

interface Terms extends Beliefs {
  readonly isUnary: boolean;
  readonly cutsAt: readonly number[];
}

class Reading {
  readonly #client: string;
  readonly #history: History;
  readonly #terms: Terms;
  readonly #asked = new Map<number, Asked>();
  readonly #grants = new Map<string, { readonly name: string; readonly grant: Grant }>();
  readonly #faults: string[] = [];

  constructor(client: string, history: History, terms: Terms) {
    this.#client = client;
    this.#history = history;
    this.#terms = terms;
  }

  read(lines: readonly ReportedLine[]): readonly string[] {
    for (const line of lines) {
      this.#read(line);
    }
    this.#mayHaveBeenGranted();
    for (const { grant } of this.#grants.values()) {
      const cutsAt = this.#terms.cutsAt.filter((at) => at >= grant.askedAt);
      grant.mayEndFrom = Math.min(grant.mayEndFrom, ...cutsAt);
    }
    return this.#faults;
  }

  #read(line: ReportedLine): void {
    const { at } = line;
    switch (line.kind) {
      case 'asked':
        this.#asked.set(line.id, line);
        return;
      case 'granted':
        this.#granted(line);
        return;
      case 'busy': {
        const { name, size, at: askedAt } = this.#answered(line.id);
        this.#history.add(name, { kind: 'busy', size, askedAt, toldAt: at });
        return;
      }
      case 'failed': {
        const { name, at: askedAt } = this.#answered(line.id);
        this.#history.add(name, { kind: 'unknown', askedAt, toldAt: NEVER });
        return;
      }
      case 'sessionLost':
        this.#mayHaveBeenGranted();
        return;
      case 'vouched': {
        const { grant } = this.#grantOf(line.key);
        grant.mayEndFrom = Math.max(grant.mayEndFrom, line.until ?? NEVER);
        return;
      }
      case 'renewing':
        this.#history.mayEnd(line.key, this.#terms.areCareful ? at + line.leaseMs : NEVER);
        return;
      case 'releasing':
        this.#history.mayEnd(line.key, at);
        return;
      case 'renewed':
      case 'released': {
        const { kind, key, askedAt } = line;
        this.#history.add(this.#grantOf(key).name, { kind, key, askedAt, toldAt: at });
        return;
      }
      case 'lost':
        this.#lost(line);
        return;
      case 'wrong':
        this.#faults.push(`${this.#client} was told: ${line.what}`);
        return;
      case 'ready':
      case 'idle':
      case 'parked':
      case 'closed':
        return;
      default:
        line satisfies never;
    }
  }

  #granted(line: ReportedLine & { readonly kind: 'granted' }): void {
    const { id, key, token, at: toldAt, until } = line;
    const { name, size, at: askedAt } = this.#answered(id);
    const mayEndFrom = this.#terms.areCareful ? (until ?? NEVER) : NEVER;
    const grant: Grant = { kind: 'granted', key, token, size, askedAt, toldAt, mayEndFrom };
    this.#grants.set(key, { name, grant });
    this.#history.add(name, grant);
  }

  #lost({ key, at, reason }: ReportedLine & { readonly kind: 'lost' }): void {
    const { name, grant } = this.#grantOf(key);
    if (!this.#terms.areCareful) {
      return;
    }
    if (this.#terms.isUnary) {
      grant.mayEndFrom = Math.min(grant.mayEndFrom, at);
    } else if (at < grant.mayEndFrom) {
      const earlyMs = (grant.mayEndFrom - at).toFixed(1);
      this.#faults.push(`${this.#client} lost ${name} (${reason}) ${earlyMs} ms too soon`);
    }
  }

  #mayHaveBeenGranted(): void {
    for (const { name, at: askedAt } of this.#asked.values()) {
      this.#history.add(name, { kind: 'unknown', askedAt, toldAt: NEVER });
    }
  }

  #answered(id: number): Asked {
    const asked = this.#asked.get(id);
    if (asked === undefined) {
      throw new Error(`${this.#client} was answered what it had not asked`);
    }
    this.#asked.delete(id);
    return asked;
  }

  #grantOf(key: string): { readonly name: string; readonly grant: Grant } {
    const granted = this.#grants.get(key);
    if (granted === undefined) {
      throw new Error(`${this.#client} speaks of a lock that it was not granted`);
    }
    return granted;
  }
}

function answerOf(
  { kind, by, at }: ReportedLine & { readonly by: string },
  askedAt = Number.NaN,
): Answer {
  return { by, what: kind, askedAt, toldAt: at };
}

/** What all processes together tell, and what is wrong with one of them alone. */
export function historyOf(
  books: readonly ReportBook[],
  cutsAt: readonly number[],
  beliefs: Beliefs,
): { readonly history: History; readonly faults: readonly string[] } {
  const history = new History();
  const faults = books.flatMap((book) => book.addTo(history, cutsAt, beliefs));
  return { history, faults };
}
