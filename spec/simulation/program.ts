/** Why: programs lock in different ways; the simulation has them all do the same things. */
import type { SeededRandom } from '../support/seeded-random.js';
import type { History } from './history.js';
import type { Oracle } from './oracle.js';
import type { Connection } from './simulated-network.js';
import type { Door } from './simulated-server.js';
import type { SimulatedProcess, SimulatedTime } from './simulated-time.js';
import type { Trace } from './trace.js';

export interface ProgramWorld {
  readonly time: SimulatedTime;
  readonly chance: SeededRandom;
  readonly trace: Trace;
  readonly oracle: Oracle;
  readonly history: History;
  readonly network: {
    connect(client: SimulatedProcess): Connection;
    accept(connection: Connection): Door | undefined;
  };
}

export interface Program {
  readonly process: SimulatedProcess;
  readonly isClosed: boolean;
  /** Whether an answer is still to come. */
  readonly isBusy: boolean;
  readonly heldCount: number;
  /** Of what it can rely on holding. */
  readonly believedKeys: readonly string[];
  /** @param terms `waitMs` undefined: try only. `leaseMs` undefined: without an end. */
  acquire(
    lock: { readonly name: string; readonly size: number },
    terms: { readonly waitMs: number | undefined; readonly leaseMs: number | undefined },
  ): void;
  /** One that it holds, if any. */
  release(): void;
  renew(leaseMs: number): void;
  /** The oldest request that has no answer is not wanted any more. */
  abandon(): void;
  close(): void;
  kill(): void;
  pause(): void;
  /** An operator has asked to take that lock from its holders. */
  revoked?(name: string): void;
  /** Its connection breaks, or its server is gone: the server may know before it does. */
  cutOff(): void;
  /** Whether it can rely on holding that at this moment. */
  believes(key: string): boolean;
}
