/** Why: what whoever started a server has of it, be it a program, a candidate who leads, or one that embeds it. */
import type { Administration } from '../ports/inbound/administration.js';
import type { Locking } from '../ports/inbound/locking.js';

/** Running → stopped. */
export interface RunningServer {
  /** The `address:port` that gRPC clients connect to. */
  readonly grpcAddress: string;
  /** The `address:port` that REST clients connect to; undefined if none may. */
  readonly restAddress: string | undefined;
  readonly locking: Locking;
  readonly administration: Administration;
  /**
   * Resolves with the cause if the server can no longer vouch for its state; it answers nothing from
   * then on, and its program has to `stop` it and end. Never rejects.
   */
  readonly failure: Promise<unknown>;
  /** Takes up the certificates as their files are now; tells its log what came of it. Never rejects. */
  reload(): Promise<void>;
  /**
   * Takes no new work, answers waiters UNAVAILABLE, closes the connections and the store. What is held
   * stays in the store. May be called more than once.
   */
  stop(): Promise<void>;
}
