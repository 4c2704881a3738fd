/**
 * Why: what a page that is open hears: what becomes of the leases that it looks at, gathered to a few times a second, and
 * how much there is of everything, each second.
 */
import type { HolderFeed } from '../../../domain/holder-watch.js';
import type { Administration } from '../../../ports/inbound/administration.js';
import type { ChangeDigest } from './change-digest.js';
import { ConsoleError } from './console-error.js';
import type { ConsoleTiming } from './console-timing.js';
import type { EventStream } from './event-stream.js';

const CHANGES_APART_MS = 250;
/** Also the sign of life by which a page knows that it is connected. */
const STATS_APART_MS = 1_000;

export interface LeaseStreamParts {
  readonly stream: EventStream;
  readonly feed: HolderFeed;
  readonly digest: ChangeDigest;
  readonly administration: Administration;
  readonly timing: ConsoleTiming;
  /** Whether whoever listens may, still. */
  readonly isAllowed: () => boolean;
  /** Why nothing more comes: how its process stands or, if that still knows nothing of it, what is given. */
  readonly absence: (otherwise: 'stopping' | 'failing') => ConsoleError;
}

/** Telling → ended: by the reader, by the end of its pass, or of the server. */
export class LeaseStream {
  readonly #parts: LeaseStreamParts;
  #changesAlarm: { cancel(): void } | undefined;
  #statsAlarm: { cancel(): void } | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(parts: LeaseStreamParts) {
    this.#parts = parts;
  }

  /** Resolves when it is over. Never rejects. */
  async run(): Promise<void> {
    const { stream, feed } = this.#parts;
    stream.ended.then(
      () => this.#close(),
      () => undefined,
    );
    await this.#tellStats();
    try {
      for await (const news of feed) {
        this.#parts.digest.add(news);
        this.#tellChangesSoon();
      }
      this.#endBy(this.#parts.absence('stopping'));
    } catch {
      this.#endBy(this.#parts.absence('failing'));
    } finally {
      this.#close();
    }
  }

  #tellChangesSoon(): void {
    const { timing, digest } = this.#parts;
    if (digest.isEmpty || this.#changesAlarm !== undefined) {
      return;
    }
    const at = Math.max(timing.now(), this.#toldAt + CHANGES_APART_MS);
    this.#changesAlarm = timing.setAlarm(at, () => {
      this.#changesAlarm = undefined;
      this.#tellChanges();
    });
  }

  #tellChanges(): void {
    const { timing, digest, stream, administration } = this.#parts;
    this.#toldAt = timing.now();
    // Who is behind is told of it all once it has caught up: the digest has a bound.
    if (stream.isTaking) {
      stream.tell('changes', { now: administration.now(), ...digest.take() });
    }
  }

  async #tellStats(): Promise<void> {
    const { timing, administration, stream, isAllowed } = this.#parts;
    if (!isAllowed()) {
      this.#endBy(new ConsoleError('password-needed'));
      return;
    }
    try {
      stream.tell('stats', await administration.stats());
    } catch {
      this.#endBy(this.#parts.absence('failing'));
      return;
    }
    this.#tellChangesSoon();
    this.#statsAlarm = timing.setAlarm(timing.now() + STATS_APART_MS, () => {
      this.#tellStats().catch(() => undefined);
    });
  }

  #endBy({ code, message, leader }: ConsoleError): void {
    this.#parts.stream.end('end', { code, message, leader });
    this.#close();
  }

  #close(): void {
    this.#changesAlarm?.cancel();
    this.#statsAlarm?.cancel();
    this.#parts.feed.close();
  }
}
