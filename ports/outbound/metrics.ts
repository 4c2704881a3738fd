/** What the server needs to be watched: a place where what it does is counted. */
import type { Census } from '../../domain/census.js';
import type { Tally } from '../../domain/tally.js';

/** The doors that programs connect to. */
export type ConnectionPort = 'grpc' | 'rest' | 'ipc';

export interface ServerCensus extends Census {
  /** Connections that are open at each door. */
  readonly connections: Readonly<Record<ConnectionPort, number>>;
}

/** How a state store does. Calls are quick and throw nothing. */
export interface StoreMetrics {
  /** So many facts more were handed over, and are not known to be kept. */
  gathered(factCount: number): void;
  /** So many of them are kept, `ms` after the first of these was handed over. */
  kept(factCount: number, ms: number): void;
  /** So many of them may be kept or not, for the store has failed. */
  lost(factCount: number): void;
  /** A store has failed; told once of each. */
  failed(): void;
}

/** What came of a compaction: `given-up` leaves the journal as it was, only longer. */
export type CompactionOutcome = 'done' | 'given-up';

/** How a journal does on its disk. Calls are quick and throw nothing. */
export interface JournalMetrics {
  /** What has been written is safe on the disk, which took `ms` to say so. */
  synced(ms: number): void;
  /** The file is that long now. */
  measured(bytes: number): void;
  compacted(outcome: CompactionOutcome): void;
}

/**
 * One for a process: whoever serves for a time, stands by and serves again goes on counting where it
 * stopped. Counters are of the process, and never go back while it lives.
 */
export interface Metrics {
  /** What the rules decide is counted in it. */
  readonly tally: Tally;
  readonly store: StoreMetrics;
  readonly journal: JournalMetrics;

  /**
   * A server begins: `census` is asked whenever somebody looks. Another one takes its place.
   * @returns what ends that; harmless once another has taken the place.
   */
  watch(census: () => ServerCensus): () => void;
}
