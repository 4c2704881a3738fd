/** Why: an etcd that says what the spec has it say, and when, so that time is the spec's too. */
import { EventEmitter } from 'node:events';
import type { Etcd3 } from 'etcd3';
import {
  EtcdMembers,
  type Limits,
  type Question,
} from '../../adapters/outbound/etcd/etcd-members.js';
import type { FakeClock } from './fake-clock.js';

export type Method = 'range' | 'txn' | 'leaseGrant' | 'leaseKeepAlive' | 'leaseRevoke';

/** What is asked of it, with the library's own words. */
export interface EtcdCall {
  readonly method: Method;
  readonly request: unknown;
}

/** An answer, or a failure that is thrown, now or later; `stream` is what a stream's answer may come by otherwise. */
type Answering = (request: never, stream: EventEmitter) => unknown;

const PATIENCE = { hedgeMs: 1, attemptMs: 1 };

/** Asked once each time; whether it is asked again, and whom, is another spec's matter. */
export class ScriptedEtcd extends EtcdMembers {
  readonly calls: EtcdCall[] = [];
  /** With what questions failed, in their order. */
  readonly failures: unknown[] = [];
  readonly #answers = new Map<Method, Answering>();

  constructor(clock: FakeClock) {
    super({ endpoints: ['etcd:2379'] }, PATIENCE, clock);
  }

  /** From now on. What was given before counts no more. */
  answer(method: Method, answering: Answering): this {
    this.#answers.set(method, answering);
    return this;
  }

  /** It says nothing to that from now on. */
  silence(method: Method): this {
    return this.answer(method, () => new Promise(() => undefined));
  }

  countOf(method: Method): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** The last one of them. */
  requestOf(method: Method): unknown {
    return this.calls.findLast((call) => call.method === method)?.request;
  }

  override async ask<Answer>(question: Question<Answer>, { signal }: Limits = {}): Promise<Answer> {
    signal?.throwIfAborted();
    let giveUp: () => void = () => undefined;
    const abortion = new Promise<never>((_, reject) => {
      giveUp = () => reject(signal?.reason);
      signal?.addEventListener('abort', giveUp);
    });
    try {
      return await Promise.race([question(this.#client(), {}), abortion]);
    } catch (error) {
      this.failures.push(error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #client(): Etcd3 {
    const unary =
      (method: Method) =>
      (request: unknown, stream = new EventEmitter()) =>
        this.#take(method, request, stream);
    return {
      kv: { range: unary('range'), txn: unary('txn') },
      leaseClient: {
        leaseGrant: unary('leaseGrant'),
        leaseRevoke: unary('leaseRevoke'),
        leaseKeepAlive: async () => new KeepAlive(unary('leaseKeepAlive')),
      },
    } as unknown as Etcd3;
  }

  async #take(method: Method, request: unknown, stream: EventEmitter): Promise<unknown> {
    this.calls.push({ method, request });
    const answering = this.#answers.get(method);
    if (answering === undefined) {
      throw new Error(`the spec has no answer to ${method}`);
    }
    return answering(request as never, stream);
  }
}

type Ask = (request: unknown, stream: EventEmitter) => Promise<unknown>;

/** A stream of one question and its answer. */
class KeepAlive extends EventEmitter {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    super();
    this.#ask = ask;
  }

  write(request: unknown): void {
    this.#ask(request, this).then(
      (answer) => this.emit('data', answer),
      (error: unknown) => this.emit('error', error),
    );
  }

  end(): void {
    this.emit('end');
  }
}
