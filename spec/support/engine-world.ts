/** Why: the stream engine among servers that say what they are told, on a clock that specs move, down to the lock that is held. */
import { expect } from 'chai';
import type { ClientEvents } from '../../client/client-events.js';
import type { ClientSessionOptions } from '../../client/client-session.js';
import type { HeldLock } from '../../client/held-lock.js';
import type { LdlmError } from '../../client/ldlm-error.js';
import type { AcquireAttempt, AcquireOrder } from '../../client/lock-engine.js';
import { StreamEngine } from '../../client/stream-engine.js';
import { FakeClock } from './fake-clock.js';
import { fakeTiming } from './fake-timing.js';
import { type ScriptedLink, ScriptedLinks } from './scripted-links.js';

export class EngineWorld {
  readonly clock = new FakeClock(1_000_000);
  readonly links = new ScriptedLinks();
  readonly engine: StreamEngine;
  /** Events in short: `connected`, `sessionLost 2`. */
  readonly events: string[] = [];

  constructor(options: Partial<ClientSessionOptions> = {}) {
    this.engine = new StreamEngine({
      addresses: ['a:1', 'b:2'],
      openLink: this.links.open,
      timing: fakeTiming(this.clock),
      random: () => 0,
      owner: { name: 'w' },
      recoveryWindowMs: 3_000,
      connectTimeoutMs: 5_000,
      unavailableTimeoutMs: 30_000,
      closeTimeoutMs: 2_000,
      tell: <Name extends keyof ClientEvents>(name: Name, ...[details]: ClientEvents[Name]) => {
        this.events.push(
          name === 'sessionLost'
            ? `${name} ${(details as ClientEvents['sessionLost'][0]).lostCount}`
            : name,
        );
      },
      ...options,
    });
  }

  /** For the printer, for as long as it takes, unless told otherwise. */
  acquire(fields: Partial<AcquireOrder> = {}): AcquireAttempt {
    return this.engine.acquire({
      name: 'printer',
      size: 1,
      waitUntil: Number.POSITIVE_INFINITY,
      leaseMs: undefined,
      isRenewed: true,
      metadata: undefined,
      ...fields,
    });
  }

  isHeld(lock: HeldLock): boolean {
    return this.engine.heldForMs(lock) > 0;
  }

  /** A connection that is welcomed, to a new session unless told otherwise. */
  async welcomed(welcome: Parameters<ScriptedLink['welcome']>[0] = {}): Promise<ScriptedLink> {
    await this.clock.settle();
    this.links.last.welcome(welcome);
    await this.clock.settle();
    return this.links.last;
  }

  /** A lock that is held, by request 1 of a first connection. */
  async held(order: Partial<AcquireOrder> = {}): Promise<HeldLock> {
    const attempt = this.acquire(order);
    const link = await this.welcomed();
    link.say(grant(link.asked.acquires.at(-1)?.requestId ?? 0));
    const lock = await attempt.outcome;
    expect(lock).to.be.an('object');
    return lock as HeldLock;
  }

  /** The stream breaks, and the session is come back to. */
  async resumed(): Promise<ScriptedLink> {
    this.links.last.end();
    await this.clock.advance(50);
    return this.welcomed({ resumed: true });
  }
}

/** What a promise comes to: its value, or the error's code. */
export async function outcomeOf(outcome: Promise<unknown>): Promise<unknown> {
  try {
    return await outcome;
  } catch (error) {
    return error instanceof Error && 'code' in error ? (error as LdlmError).code : error;
  }
}

export const grant = (requestId: number, waitedMs = 0) => ({
  granted: [{ requestId, key: `key-${requestId}`, fencingToken: 40 + requestId, waitedMs }],
});

export const refuse = (requestId: number, code: number) => ({
  refused: [{ requestId, code, message: 'no' }],
});
