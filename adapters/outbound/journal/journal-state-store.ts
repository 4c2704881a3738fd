/**
 * Why: a StateStore in one file of JSON lines, for one server. An answer waits for one write and
 * one fdatasync, shared by all who wait with it. docs/JOURNAL.md shows the file.
 */
import type { Fact } from '../../../domain/facts.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { JournalMetrics } from '../../../ports/outbound/metrics.js';
import {
  type RecoveredState,
  type StateStore,
  StateStoreError,
} from '../../../ports/outbound/state-store.js';
import type { FileSystem } from './file-system.js';
import { openJournal } from './journal-opening.js';
import { JournalWriter } from './journal-writer.js';
import { nodeFileSystem } from './node-file-system.js';

export interface JournalStateStoreOptions {
  /**
   * The path of the journal, created unless it is there. Other files are made beside it, named
   * after it.
   */
  readonly file: string;
  readonly logger: Logger;
  /** The machine's unless given. */
  readonly fileSystem?: FileSystem;
  /** It is compacted when this many bytes stand behind its snapshot; 16 MiB unless given. */
  readonly compactionMinBytes?: number;
  /** ... and as many bytes as this many snapshots take; 1 unless given. */
  readonly compactionFactor?: number;
  /** How many leases a compaction looks at in one turn of the event loop; 500 unless given. */
  readonly sliceLeases?: number;
  /**
   * How many characters the facts in a line take together, unless it is one alone; 1 Mi unless
   * given.
   */
  readonly lineLengthMax?: number;
  /** Where it is counted how the disk does; nowhere unless given. */
  readonly metrics?: JournalMetrics | undefined;
}

const DEFAULTS = {
  fileSystem: nodeFileSystem,
  compactionMinBytes: 16 * 1024 * 1024,
  compactionFactor: 1,
  sliceLeases: 500,
  lineLengthMax: 1024 * 1024,
  metrics: undefined,
};

/**
 * New → opening → open → closed. What fails while it is open ends the writer, and thereby all
 * appends.
 */
export class JournalStateStore implements StateStore {
  readonly #options: Required<JournalStateStoreOptions>;
  #opening: Promise<RecoveredState> | undefined;
  #writer: JournalWriter | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: JournalStateStoreOptions) {
    this.#options = { ...DEFAULTS, ...options };
  }

  async open(): Promise<RecoveredState> {
    if (this.#opening !== undefined || this.#closing !== undefined) {
      throw this.#notOpen('is opened once');
    }
    this.#opening = this.#open();
    return this.#opening;
  }

  append(facts: readonly Fact[]): Promise<void> {
    return this.#writer?.append(facts) ?? Promise.reject(this.#notOpen('is not open'));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<RecoveredState> {
    const journal = await openJournal(this.#options);
    this.#writer = new JournalWriter(this.#options, journal);
    const { leases, sessions, fencingToken } = journal.ledger;
    return {
      leases: [...leases.values()],
      sessions: [...sessions.values()].map((session) => session.copy()),
      fencingToken,
    };
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
  }

  #notOpen(what: string): StateStoreError {
    return new StateStoreError(
      'closed',
      `The store of the state file ${this.#options.file} ${what}.`,
    );
  }
}
