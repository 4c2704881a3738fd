/** Why: a StateStore on LevelDB, as an example of an adapter of one's own; docs/ADAPTERS.md walks through it. */
import { ClassicLevel } from 'classic-level';
import type { Fact } from 'ldlm/domain';
import { type RecoveredState, type StateStore, StateStoreError } from 'ldlm/ports';
import { DamagedRowsError, LeaseRows, type RowChange } from './lease-rows.js';

/** What the store asks of LevelDB. */
export interface Database {
  open(): Promise<void>;
  iterator(): AsyncIterable<readonly [string, string]>;
  batch(changes: RowChange[], options: { readonly sync: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface LevelDbStateStoreOptions {
  /** Where the database is, created unless it is there. */
  readonly folder: string;
  /** LevelDB unless given; specs give one whose disk is full. */
  readonly createDatabase?: (folder: string) => Database;
}

/** What a store has while it is open. */
interface Opened {
  readonly database: Database;
  readonly rows: LeaseRows;
}

/**
 * New → opening → open → ended, by a failure or `close`.
 *
 * While a write is under way, what is appended gathers; then it is written as one batch, which
 * LevelDB keeps whole or not at all, and synced once. LevelDB's own lock keeps a second server away.
 */
export class LevelDbStateStore implements StateStore {
  readonly #folder: string;
  readonly #createDatabase: (folder: string) => Database;
  #opening: Promise<RecoveredState> | undefined;
  #opened: Opened | undefined;
  /** What the next write takes along. */
  #gathering: Fact[] | undefined;
  /** Resolves when all that was appended so far is kept. */
  #kept: Promise<void> = Promise.resolve();
  /** Why nothing is appended any more. */
  #end: StateStoreError | undefined;
  #closing: Promise<void> | undefined;

  constructor({ folder, createDatabase = newClassicLevel }: LevelDbStateStoreOptions) {
    this.#folder = folder;
    this.#createDatabase = createDatabase;
  }

  async open(): Promise<RecoveredState> {
    if (this.#opening !== undefined || this.#closing !== undefined) {
      throw this.#error('closed', 'is opened once: make a new store to open it again');
    }
    this.#opening = this.#open();
    return this.#opening;
  }

  append(facts: readonly Fact[]): Promise<void> {
    const opened = this.#opened;
    if (this.#end !== undefined || opened === undefined) {
      return Promise.reject(this.#end ?? this.#error('closed', 'is not open'));
    }
    if (this.#gathering === undefined) {
      const group: Fact[] = [];
      this.#gathering = group;
      this.#kept = this.#kept.then(() => {
        this.#gathering = undefined;
        return this.#write(opened, group);
      });
    }
    for (const fact of facts) {
      this.#gathering.push(fact);
    }
    return this.#kept;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<RecoveredState> {
    const database = this.#createDatabase(this.#folder);
    try {
      await database.open();
      const rows = await LeaseRows.read(database.iterator());
      this.#opened = { database, rows };
      return rows.recovered;
    } catch (error) {
      await database.close();
      throw this.#openingFailed(error);
    }
  }

  async #write({ database, rows }: Opened, facts: readonly Fact[]): Promise<void> {
    try {
      if (facts.length > 0) {
        await database.batch([...rows.apply(facts)], { sync: true });
      }
    } catch (cause) {
      const what = `could not be written: ${reasonOf(cause)}; see to its disk, then start again`;
      this.#end = this.#error('write-failed', what, cause);
      throw this.#end;
    }
  }

  async #close(): Promise<void> {
    this.#end ??= this.#error('closed', 'was closed');
    // Whoever opened or appended was told what went wrong; what is left is to let go.
    await Promise.allSettled([this.#opening, this.#kept]);
    await this.#opened?.database.close();
  }

  #openingFailed(error: unknown): StateStoreError {
    const cause = causeOf(error);
    const code = codeOf(cause);
    const reason = reasonOf(cause);
    if (code === 'LEVEL_LOCKED') {
      return this.#error('in-use', 'is open in another process: stop that one first', error);
    }
    if (code === 'LEVEL_CORRUPTION' || error instanceof DamagedRowsError) {
      const next = 'restore it from a backup, or choose another folder to begin anew';
      return this.#error('damaged', `is damaged: ${reason}; ${next}`, error);
    }
    return this.#error('unavailable', `cannot be opened: ${reason}`, error);
  }

  #error(code: StateStoreError['code'], what: string, cause?: unknown): StateStoreError {
    return new StateStoreError(code, `The database in ${this.#folder} ${what}.`, { cause });
  }
}

function newClassicLevel(folder: string): Database {
  return new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
}

/** That LevelDB could not open is all that its own error says; why, says the error's cause. */
function causeOf(error: unknown): unknown {
  return codeOf(error) === 'LEVEL_DATABASE_NOT_OPEN' ? (error as Error).cause : error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
