/** Why: redlock 5 ships typings, but its `exports` hide them from TypeScript. Here is what is used of them. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  export interface Lock {
    release(): Promise<unknown>;
  }

  export default class Redlock {
    constructor(clients: Iterable<Redis>, settings: { readonly retryCount: number });
    /** @param durationMs a whole number. */
    acquire(resources: readonly string[], durationMs: number): Promise<Lock>;
  }
}
