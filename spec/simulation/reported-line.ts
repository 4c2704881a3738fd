/**
 * Why: what a client process tells its parent of what it asks and is told, a line of JSON each. Instants are milliseconds of
 * the machine's monotonic clock, which is the same for all processes.
 */

export type ReportedLine = { readonly at: number } & (
  | { readonly kind: 'ready' | 'idle' | 'closed' }
  /** It was told to take a lock and keep it, and has it or not. */
  | { readonly kind: 'parked'; readonly isHeld: boolean }
  /** All that is asked for and not answered is lost with the session, or may have been granted in it. */
  | { readonly kind: 'sessionLost' }
  | { readonly kind: 'asked'; readonly id: number; readonly name: string; readonly size: number }
  | ({ readonly kind: 'granted'; readonly id: number } & Vouched &
      Told & { readonly token: number })
  | ({ readonly kind: 'busy'; readonly id: number } & Told)
  | { readonly kind: 'failed'; readonly id: number; readonly code: string }
  | ({ readonly kind: 'vouched' } & Vouched)
  | { readonly kind: 'renewing'; readonly key: string; readonly leaseMs: number }
  | ({
      readonly kind: 'renewed' | 'released';
      readonly key: string;
      readonly askedAt: number;
    } & Told)
  | { readonly kind: 'releasing'; readonly key: string }
  | { readonly kind: 'lost'; readonly key: string; readonly reason: string }
  /** Told something that no program is to be told. */
  | { readonly kind: 'wrong'; readonly what: string }
);

/** By which server. */
interface Told {
  readonly by: string;
}

/** Until when the client could rely on the lock by what it knew then; null: for as long as its connection stands. */
interface Vouched {
  readonly key: string;
  readonly until: number | null;
}

export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
