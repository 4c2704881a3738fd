/** A released Python client in a process of its own, driven call by call. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PythonEnvironment, Release } from './python-environment.js';

const PROGRAM = fileURLToPath(new URL('python/driven_client.py', import.meta.url));

/** What a call returned or raised, as the program that made it saw it. */
export interface Seen {
  readonly id: number;
  readonly locked?: boolean;
  readonly name?: string;
  readonly key?: string;
  /** The name of the exception's class. */
  readonly raised?: string;
  readonly message?: string;
  /** Of the package, in the first line alone. */
  readonly release?: string;
}

export interface PythonClientOptions {
  readonly release: Release;
  readonly kind: 'Client' | 'AsyncClient';
  /** What the constructor takes, in its own words. */
  readonly options: Readonly<Record<string, unknown>> & { readonly address: string };
  /** What is set on the client after that. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** By position or by name, as Python takes them. */
type Arguments = readonly unknown[] | Readonly<Record<string, unknown>>;

export class PythonClient {
  readonly #process: ChildProcess;
  readonly #enterMethod: string;
  readonly #leaveMethod: string;
  readonly #closed: Promise<unknown>;
  readonly #pending = new Map<number, { resolve(seen: Seen): void; reject(reason: Error): void }>();
  #stderr = '';
  #lastId = 0;
  /** The version of the package that Python imported. */
  release = '';

  private constructor(child: ChildProcess, kind: PythonClientOptions['kind']) {
    this.#process = child;
    const prefix = kind === 'AsyncClient' ? '__a' : '__';
    this.#enterMethod = `${prefix}enter__`;
    this.#leaveMethod = `${prefix}exit__`;
    this.#closed = once(child, 'close').then(() => this.#breakOff());
  }

  /** Starts it and waits until it is ready for calls; it connects with the first. */
  static async start(
    environment: PythonEnvironment,
    { release, kind, options, attributes = {} }: PythonClientOptions,
  ): Promise<PythonClient> {
    const python = environment.command(release);
    const child = spawn(python.program, [PROGRAM, JSON.stringify({ kind, options, attributes })], {
      env: python.environment,
      stdio: 'pipe',
    });
    const client = new PythonClient(child, kind);
    const ready = client.#answer(0);
    child.stderr.on('data', (chunk) => {
      client.#stderr += String(chunk);
    });
    // A write to a process that has died is told by its end.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => client.#take(line));
    client.release = (await ready).release ?? '';
    return client;
  }

  /** Calls a method of the client, or of what an earlier call returned. */
  call(method: string, given: Arguments = {}, on?: Seen): Promise<Seen> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = this.#answer(id);
    const request = { id, method, arguments: given, ...(on === undefined ? {} : { on: on.id }) };
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  /** Sends a request with these fields as all the client's methods do. */
  send(call: string, fields: Readonly<Record<string, unknown>>): Promise<Seen> {
    return this.call('send', { call, fields });
  }

  /** `with context as lock:` */
  enter(context: Seen): Promise<Seen> {
    return this.call(this.#enterMethod, [], context);
  }

  /** The end of the block. */
  leave(context: Seen): Promise<Seen> {
    return this.call(this.#leaveMethod, [null, null, null], context);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Kills it, as it stands; calls under way are never answered. */
  async end(): Promise<void> {
    this.#pending.clear();
    this.signal('SIGKILL');
    await this.#closed;
  }

  #answer(id: number): Promise<Seen> {
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  #take(line: string): void {
    const seen = JSON.parse(line) as Seen;
    this.#pending.get(seen.id)?.resolve(seen);
    this.#pending.delete(seen.id);
  }

  #breakOff(): void {
    for (const { reject } of this.#pending.values()) {
      reject(new Error(`the Python client ended: ${this.#stderr}`));
    }
    this.#pending.clear();
  }
}
