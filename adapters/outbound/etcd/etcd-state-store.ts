/**
 * Why: a StateStore in etcd, for several servers of which one leads. The facts stand there as the
 * records of a journal, a key each; docs/HIGH-AVAILABILITY.md shows them.
 */
import type { Fact } from '../../../domain/facts.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import {
  type RecoveredState,
  type StateStore,
  StateStoreError,
  type Term,
} from '../../../ports/outbound/state-store.js';
import { EtcdTerm, type TermOptions } from './etcd-term.js';
import { EtcdWriter } from './etcd-writer.js';
import { readEtcd } from './etcd-reader.js';

export interface EtcdStateStoreOptions extends TermOptions {
  readonly logger: Logger;
  /** How long `open` asks an etcd that does not answer. */
  readonly openTimeoutMs: number;
  /** The journal is compacted when this many characters stand behind its snapshot. */
  readonly compactionMinLength: number;
  /** How long the text of a record may be, but for a record of one fact. */
  readonly recordLengthMax: number;
}

/** New → opening → open → closed. The term begins with the opening; its end ends all appends. */
export class EtcdStateStore implements StateStore {
  readonly #options: EtcdStateStoreOptions;
  #opening: Promise<RecoveredState> | undefined;
  #term: EtcdTerm | undefined;
  #writer: EtcdWriter | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: EtcdStateStoreOptions) {
    this.#options = options;
  }

  get term(): Term | undefined {
    return this.#term;
  }

  open(): Promise<RecoveredState> {
    if (this.#opening !== undefined || this.#closing !== undefined) {
      return Promise.reject(notOpen('is opened once'));
    }
    this.#opening = this.#open();
    return this.#opening;
  }

  append(facts: readonly Fact[]): Promise<void> {
    return this.#writer?.append(facts) ?? Promise.reject(notOpen('is not open'));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<RecoveredState> {
    const term = await EtcdTerm.begin(this.#options, this.#options.openTimeoutMs);
    try {
      const journal = await readEtcd(this.#options, term);
      this.#term = term;
      this.#writer = new EtcdWriter(this.#options, term, journal);
      const { leases, sessions, fencingToken } = journal.ledger;
      return {
        leases: [...leases.values()],
        sessions: [...sessions.values()].map((session) => session.copy()),
        fencingToken,
      };
    } catch (error) {
      await term.resign();
      throw error;
    }
  }

  async #close(): Promise<void> {
    if (this.#writer === undefined) {
      try {
        await this.#opening;
      } catch {
        // Whoever called `open` was told; it left nothing to close.
      }
    }
    await this.#writer?.close();
    await this.#term?.resign();
  }
}

function notOpen(what: string): StateStoreError {
  return new StateStoreError('closed', `The store in etcd ${what}.`);
}
