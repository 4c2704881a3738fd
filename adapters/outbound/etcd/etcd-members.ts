/**
 * Why: one etcd of several members, any of which may be dead, paused or slow. A question goes to the
 * member that answered last; when it fails, or is silent for too long, the next is asked too.
 */
import type { CallOptions } from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { Etcd3 } from 'etcd3';
import { FOREVER } from '../../../domain/instant.js';
import type { Alarm, Clock } from '../../../ports/outbound/clock.js';
import type { Cancellation } from '../../../ports/outbound/election.js';
import { reachOf } from './etcd-error.js';

export interface EtcdAccess {
  /** `host:port`, or `http(s)://host:port`, one for each member. */
  readonly endpoints: readonly string[];
  readonly user?: { readonly username: string; readonly password: string };
  /** PEM; TLS without it only if the endpoints say https. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

export interface Patience {
  /** How long a member may be silent until the next one is asked beside it. */
  readonly hedgeMs: number;
  /** How long one member is waited for at most. */
  readonly attemptMs: number;
}

export interface Limits {
  /** Aborted when the answer is of no use any more; `ask` rejects then with the signal's reason. */
  readonly signal?: Cancellation;
  /** How long to ask in all; until the signal unless given. */
  readonly timeoutMs?: number;
  /** A member that says nothing has nothing to say. */
  readonly isSilenceFine?: true;
}

/** A question that may be asked twice: of all that is asked here, the second time changes nothing. */
export type Question<Answer> = (etcd: Etcd3, options: CallOptions) => Promise<Answer>;

/** Between two rounds in which every member failed. */
const ROUND_DELAY_MS = 100;

/**
 * etcd refuses pings that come more often than each 5 s; a connection that has gone silent is found
 * by the deadlines of what is asked long before.
 */
const CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.max_receive_message_length': -1,
  'grpc.enable_retries': 0,
};

export class EtcdMembers {
  readonly endpoints: readonly string[];
  readonly clock: Clock;
  readonly #access: EtcdAccess;
  readonly #patience: Patience;
  readonly #clients: Etcd3[];
  #preferred = 0;
  #isClosed = false;

  constructor(access: EtcdAccess, patience: Patience, clock: Clock) {
    this.endpoints = access.endpoints;
    this.clock = clock;
    this.#access = access;
    this.#patience = patience;
    this.#clients = access.endpoints.map((endpoint) => this.#connect(endpoint));
  }

  /** @throws the last failure, when the time is over, or no member is left that could do better. */
  ask<Answer>(question: Question<Answer>, limits: Limits = {}): Promise<Answer> {
    return new Asking(limits, {
      clock: this.clock,
      hedgeMs: this.#clients.length > 1 && !limits.isSilenceFine ? this.#patience.hedgeMs : FOREVER,
      memberCount: this.#clients.length,
      askNext: () => this.#askPreferred(question),
    }).answer;
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients) {
      client.close();
    }
  }

  #askPreferred<Answer>(question: Question<Answer>): Attempt<Answer> {
    const index = this.#preferred;
    const client = this.#clients[index] as Etcd3;
    // Deadlines of gRPC are wall-clock times.
    const options = { deadline: Date.now() + this.#patience.attemptMs };
    return {
      member: index,
      answer: this.#isClosed
        ? Promise.reject(new Error('the connection to etcd was closed'))
        : question(client, options).catch((error: unknown) => {
            this.#giveUp(index, client, error);
            throw error;
          }),
      prefer: () => {
        this.#preferred = index;
      },
      turnAway: () => {
        if (this.#preferred === index) {
          this.#preferred = (index + 1) % this.#clients.length;
        }
      },
    };
  }

  /** A connection that failed may be a dead one that nothing tells of: the next question gets a new one. */
  #giveUp(index: number, client: Etcd3, error: unknown): void {
    if (reachOf(error) !== 'cluster' && this.#clients[index] === client && !this.#isClosed) {
      this.#clients[index] = this.#connect(this.endpoints[index] as string);
      client.close();
    }
  }

  #connect(endpoint: string): Etcd3 {
    const { user, tls } = this.#access;
    const attemptMs = this.#patience.attemptMs;
    return new Etcd3({
      hosts: [endpoint],
      grpcOptions: CHANNEL_OPTIONS,
      // What is tried again, where and when, is decided here.
      faultHandling: { host: () => noop, global: noop },
      ...(user && {
        auth: { ...user, callOptions: () => ({ deadline: Date.now() + attemptMs }) },
      }),
      ...(tls && {
        credentials: {
          rootCertificate: tls.ca as Buffer,
          ...(tls.key && tls.cert && { privateKey: tls.key, certChain: tls.cert }),
        },
      }),
    });
  }
}

interface Attempt<Answer> {
  /** Which is asked, from 0. */
  readonly member: number;
  readonly answer: Promise<Answer>;
  /** The next question goes there, too. */
  readonly prefer: () => void;
  /** The next attempt goes elsewhere. */
  readonly turnAway: () => void;
}

interface AskingParts<Answer> {
  readonly clock: Clock;
  readonly hedgeMs: number;
  readonly memberCount: number;
  readonly askNext: () => Attempt<Answer>;
}

/** Asking → answered | given up. Attempts go on side by side; the first answer counts. */
class Asking<Answer> {
  readonly answer: Promise<Answer>;
  readonly #parts: AskingParts<Answer>;
  readonly #limits: Limits;
  readonly #alarms = new Set<Alarm>();
  #settle!: {
    readonly resolve: (answer: Answer) => void;
    readonly reject: (error: unknown) => void;
  };
  #isOver = false;
  #failureCount = 0;
  /** Those that are of no use however often they are asked. */
  readonly #useless = new Set<number>();
  #lastFailure: unknown = new Error('no answer in time');

  constructor(limits: Limits, parts: AskingParts<Answer>) {
    this.#parts = parts;
    this.#limits = limits;
    this.answer = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    const { signal, timeoutMs = FOREVER } = limits;
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener('abort', this.#onAbort);
    this.#after(timeoutMs, () => this.#end(() => this.#settle.reject(this.#lastFailure)));
    this.#attempt();
  }

  readonly #onAbort = (): void => {
    this.#end(() => this.#settle.reject(this.#limits.signal?.reason));
  };

  #attempt(): void {
    const { member, answer, prefer, turnAway } = this.#parts.askNext();
    // Either the attempt fails or it is silent for long; once, in either case, another follows it.
    let follow = (delayMs: number): void => {
      follow = () => undefined;
      turnAway();
      this.#after(delayMs, () => this.#attempt());
    };
    this.#after(this.#parts.hedgeMs, () => follow(0));
    answer.then(
      (value) => {
        // One that was silent for too long and answers after all is no better for that.
        if (!this.#isOver) {
          prefer();
          this.#end(() => this.#settle.resolve(value));
        }
      },
      (error: unknown) => {
        if (!this.#isOver) {
          this.#takeFailure(error, member, follow);
        }
      },
    );
  }

  #takeFailure(error: unknown, member: number, follow: (delayMs: number) => void): void {
    const { memberCount } = this.#parts;
    const reach = reachOf(error);
    this.#lastFailure = error;
    this.#failureCount += 1;
    if (reach === 'member') {
      this.#useless.add(member);
    }
    if (reach === 'cluster' || this.#useless.size === memberCount) {
      this.#end(() => this.#settle.reject(error));
    } else {
      follow(this.#failureCount % memberCount === 0 ? ROUND_DELAY_MS : 0);
    }
  }

  #after(delayMs: number, act: () => void): void {
    if (delayMs === FOREVER) {
      return;
    }
    const { clock } = this.#parts;
    const alarm = clock.setAlarm(clock.now() + delayMs, () => {
      this.#alarms.delete(alarm);
      if (!this.#isOver) {
        act();
      }
    });
    this.#alarms.add(alarm);
  }

  #end(settle: () => void): void {
    this.#isOver = true;
    this.#limits.signal?.removeEventListener('abort', this.#onAbort);
    for (const alarm of this.#alarms) {
      alarm.cancel();
    }
    this.#alarms.clear();
    settle();
  }
}
