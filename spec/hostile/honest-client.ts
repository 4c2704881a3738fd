/**
 * A client that works at a steady pace beside an attack, by gRPC and by REST, and checks every answer. Its
 * calls are begun when they are due, whether or not those before are answered, and timed from then: a
 * server that stops for a second has a hundred late answers, not one.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { credentials } from '@grpc/grpc-js';
import { percentile } from '../../bench/sample.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import type { Target } from './target.js';

/** One lock and unlock by gRPC, and one by REST, are due so often. */
const PAIR_MS = 20;
/** So often for a lock that all want, by connections that are new. */
const NEWCOMER_MS = 250;
/** Names are used again, so that the server has no more of them to remember after an attack than before. */
const NAMES = 1_024;
/** An answer that takes longer is none. */
const ANSWER_MS_MAX = 10_000;

export interface Observed {
  readonly pairCount: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** What was not as it should be, in words. */
  readonly wrong: readonly string[];
}

interface Answer {
  readonly locked?: boolean;
  readonly unlocked?: boolean;
  readonly key?: string;
  /** A string over REST. */
  readonly fencing_token?: number | string;
}

/** One connection, or one pool of them, by which locks are taken. */
interface Way {
  lock(name: string): Promise<Answer>;
  unlock(name: string, key: string): Promise<Answer>;
  close(): void | Promise<void>;
}

export class HonestClient {
  readonly #target: Target;
  readonly #authority: string;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #ways: Way[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #latencies: number[] = [];
  #wrong: string[] = [];
  #sharedHolder: string | undefined;
  #sharedToken = 0;

  private constructor(target: Target, authority: string) {
    this.#target = target;
    this.#authority = authority;
  }

  /** @param authority the certificate that vouches for the server, in PEM form. */
  static async start(target: Target, authority: string): Promise<HonestClient> {
    const client = new HonestClient(target, authority);
    const grpc = client.#grpcWay();
    const rest = await RestWay.open(target, authority);
    client.#ways.push(grpc, rest);
    let count = 0;
    client.#steadily(PAIR_MS, (dueAt) => {
      count += 1;
      const name = `own-${count % NAMES}`;
      client.#note(
        Promise.all([timedPair(grpc, name, dueAt), timedPair(rest, `${name}-rest`, dueAt)]),
      );
    });
    client.#steadily(NEWCOMER_MS, () => {
      count += 1;
      client.#note(client.#newcomers(count));
    });
    return client;
  }

  /** What was seen since the last time. */
  observed(): Observed {
    const sorted = this.#latencies.toSorted((one, other) => one - other);
    const wrong = this.#wrong;
    this.#latencies = [];
    this.#wrong = [];
    return {
      pairCount: sorted.length,
      p99Ms: percentile(sorted, 99),
      maxMs: percentile(sorted, 100),
      wrong,
    };
  }

  /** A REST session for someone who needs one. */
  async openSession(): Promise<{ readonly token: string; close(): Promise<void> }> {
    const way = await RestWay.open(this.#target, this.#authority);
    return { token: way.token, close: () => way.close() };
  }

  async end(): Promise<void> {
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    await Promise.all(this.#underWay);
    await Promise.all(this.#ways.map((way) => way.close()));
  }

  #steadily(periodMs: number, begin: (dueAt: number) => void): void {
    let dueAt = performance.now() + periodMs;
    const timer = setInterval(() => {
      for (; dueAt <= performance.now(); dueAt += periodMs) {
        begin(dueAt);
      }
    }, 1);
    this.#timers.push(timer);
  }

  #note(work: Promise<readonly number[]>): void {
    const noted: Promise<void> = work
      .then(
        (latencies) => {
          this.#latencies.push(...latencies);
        },
        (error: unknown) => {
          this.#wrong.push(error instanceof Error ? error.message : String(error));
        },
      )
      .finally(() => this.#underWay.delete(noted));
    this.#underWay.add(noted);
  }

  /** Two who come anew and want the same: never both at once, and the tokens grow. */
  async #newcomers(count: number): Promise<readonly number[]> {
    const grpc = this.#grpcWay();
    const ways: Way[] = [grpc];
    try {
      ways.push(await RestWay.open(this.#target, this.#authority));
      await Promise.all(
        ways.map((way, index) => this.#takeShared(way, `newcomer ${count}.${index}`)),
      );
      return [];
    } finally {
      await Promise.all(ways.map((way) => way.close()));
    }
  }

  async #takeShared(way: Way, who: string): Promise<void> {
    const key = keyOf(await way.lock('shared'), (token) => {
      if (token <= this.#sharedToken) {
        throw new Error(`the fencing token ${token} came after ${this.#sharedToken}`);
      }
      this.#sharedToken = token;
    });
    if (this.#sharedHolder !== undefined) {
      throw new Error(`${who} was granted what ${this.#sharedHolder} holds`);
    }
    this.#sharedHolder = who;
    await new Promise((resolve) => setImmediate(resolve));
    this.#sharedHolder = undefined;
    await expectUnlocked(way, 'shared', key);
  }

  #grpcWay(): Way {
    const { isSecure, grpc } = this.#target;
    const root = Buffer.from(this.#authority);
    const client = new GrpcWorldClient(
      grpc,
      isSecure ? { credentials: credentials.createSsl(root) } : {},
    );
    const call = async (method: 'Lock' | 'Unlock', request: object): Promise<Answer> => {
      const outcome = await client.call(method, request, { deadline: Date.now() + ANSWER_MS_MAX });
      if (outcome.status !== undefined) {
        throw new Error(`gRPC ${method}: ${outcome.details}`);
      }
      return outcome as Answer;
    };
    return {
      lock: (name) => call('Lock', { name }),
      unlock: (name, key) => call('Unlock', { name, key }),
      close: () => client.close(),
    };
  }
}

async function timedPair(way: Way, name: string, dueAt: number): Promise<number> {
  await expectUnlocked(way, name, keyOf(await way.lock(name)));
  return performance.now() - dueAt;
}

function keyOf(answer: Answer, checkToken?: (token: number) => void): string {
  const { locked, key, fencing_token } = answer;
  if (locked !== true || key === undefined) {
    throw new Error(`a lock was answered ${JSON.stringify(answer)}`);
  }
  checkToken?.(Number(fencing_token));
  return key;
}

async function expectUnlocked(way: Way, name: string, key: string): Promise<void> {
  const answer = await way.unlock(name, key);
  if (answer.unlocked !== true) {
    throw new Error(`an unlock was answered ${JSON.stringify(answer)}`);
  }
}

class RestWay implements Way {
  readonly #url: string;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #send: typeof httpRequest;
  #session = '';

  private constructor({ rest, isSecure }: Target, authority: string) {
    this.#url = `${isSecure ? 'https' : 'http'}://${rest}`;
    this.#agent = isSecure
      ? new HttpsAgent({ keepAlive: true, ca: authority })
      : new HttpAgent({ keepAlive: true });
    this.#send = isSecure ? httpsRequest : httpRequest;
  }

  static async open(target: Target, authority: string): Promise<RestWay> {
    const way = new RestWay(target, authority);
    const { session_id } = await way.#ask<{ readonly session_id: string }>('POST', '/session', {});
    way.#session = session_id;
    return way;
  }

  get token(): string {
    return this.#session;
  }

  lock(name: string): Promise<Answer> {
    return this.#ask('POST', '/v1/acquire', { name });
  }

  unlock(name: string, key: string): Promise<Answer> {
    return this.#ask('POST', '/v1/unlock', { name, key });
  }

  async close(): Promise<void> {
    await this.#ask('DELETE', '/session', {}).catch(() => undefined);
    this.#agent.destroy();
  }

  #ask<Body>(method: string, path: string, fields: object): Promise<Body> {
    const body = JSON.stringify(fields);
    const headers = {
      'content-length': Buffer.byteLength(body),
      ...(this.#session && { 'ldlm-session': this.#session }),
    };
    const options = { method, headers, agent: this.#agent, timeout: ANSWER_MS_MAX };
    return new Promise((resolve, reject) => {
      const request = this.#send(`${this.#url}${path}`, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode !== 200 && response.statusCode !== 201) {
            reject(new Error(`REST ${path}: ${response.statusCode} ${text}`));
          } else {
            resolve(JSON.parse(text) as Body);
          }
        });
      });
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', (error) => reject(new Error(`REST ${path}: ${error.message}`)));
      request.end(body);
    });
  }
}
