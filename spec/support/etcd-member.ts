/**
 * Why: one process of etcd, which a spec kills, stops as it is, and starts again on the same data and ports.
 * Away → starting → serving → away; a paused one is any of these and does nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { programOnPath } from '../../bench/program-on-path.js';
import { untilSo } from './asked-again.js';

/** Three members that share two cores with a build have been seen to take five seconds. */
const SERVES_WITHIN_MS = 30_000;
const LOG_TAIL_LINES = 15;

export interface EtcdPorts {
  readonly client: number;
  readonly peer: number;
  readonly health: number;
}

export interface EtcdMemberStart {
  readonly ports: EtcdPorts;
  readonly scheme: 'http' | 'https';
  /** Whole command line. */
  readonly args: readonly string[];
  readonly logFile: string;
}

/** What a member could not listen on: somebody took it since it was chosen. */
export class PortTakenError extends Error {}

export class EtcdMember {
  readonly #start: EtcdMemberStart;
  #child: ChildProcess | undefined;
  #exit: Promise<unknown> = Promise.resolve();
  /** Where in the log its present life begins. */
  #logOffset = 0;

  constructor(start: EtcdMemberStart) {
    this.#start = start;
  }

  /** `http://127.0.0.1:PORT`, or with https. */
  get endpoint(): string {
    return `${this.#start.scheme}://${this.address}`;
  }

  /** `127.0.0.1:PORT`, as a proxy wants it. */
  get address(): string {
    return `127.0.0.1:${this.#start.ports.client}`;
  }

  /** undefined while it is away. */
  get pid(): number | undefined {
    return this.#isAway ? undefined : this.#child?.pid;
  }

  /**
   * Starts it, and waits for nothing.
   * @throws Error what to install, when etcd is not.
   */
  launch(): void {
    const etcd = installed('etcd', 'etcd-server');
    const setpriv = installed('setpriv', 'util-linux');
    const log = openSync(this.#start.logFile, 'a');
    this.#logOffset = statSync(this.#start.logFile).size;
    // The kernel kills it when this process is gone, even when this process was killed itself.
    this.#child = spawn(setpriv, ['--pdeathsig', 'KILL', etcd, ...this.#start.args], {
      env: { PATH: process.env.PATH },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#exit = once(this.#child, 'exit').catch(() => undefined);
  }

  /**
   * Waits until it serves and the cluster has a leader. A cluster that is out of space counts as healthy.
   * @throws Error with the end of its log when it ends before, or takes too long. PortTakenError if that is why.
   */
  async untilHealthy(): Promise<void> {
    const patience = AbortSignal.timeout(SERVES_WITHIN_MS);
    await untilSo(async () => {
      if (this.#isAway) {
        throw this.#failure('ended early');
      }
      if (patience.aborted) {
        throw this.#failure(`is not healthy after ${SERVES_WITHIN_MS} ms`);
      }
      return this.#serves() && (await this.#isHealthy()) && !this.#isAway;
    });
  }

  /** At once and unprepared, as when its machine loses power; waits until it is gone. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#exit;
  }

  /** The same without waiting, for when there is no time. */
  killNow(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Stops it as it is: its connections stay, and nothing moves. Waits until each of its threads stands still. */
  async pause(): Promise<void> {
    this.#child?.kill('SIGSTOP');
    await untilSo(() => {
      if (this.pid === undefined) {
        throw new Error('this member of etcd is away, and cannot be paused');
      }
      return isStopped(this.pid);
    });
  }

  /** Lets it go on from where it was paused. */
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /**
   * Starts it again on the same data and ports, killed first if it is not away; waits until it is healthy, for which most members
   * must be there.
   */
  async restart(): Promise<void> {
    await this.kill();
    this.launch();
    await this.untilHealthy();
  }

  get #isAway(): boolean {
    const child = this.#child;
    return child?.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  }

  get #log(): string {
    return readFileSync(this.#start.logFile).subarray(this.#logOffset).toString();
  }

  /** Its own word: whoever else took its port might be healthy, too. */
  #serves(): boolean {
    return this.#log.includes('"serving client traffic');
  }

  async #isHealthy(): Promise<boolean> {
    const url = `http://127.0.0.1:${this.#start.ports.health}/health?exclude=NOSPACE`;
    try {
      const response = await fetch(url, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(2_000),
      });
      return /"health":\s*"true"/.test(await response.text());
    } catch {
      return false;
    }
  }

  #failure(what: string): Error {
    const log = this.#log;
    const tail = log.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
    const message = `etcd on ${this.address} ${what}:\n${tail}`;
    return log.includes('address already in use')
      ? new PortTakenError(message)
      : new Error(message);
  }
}

function installed(program: string, debianPackage: string): string {
  const file = programOnPath(program);
  if (file === undefined) {
    throw new Error(`${program} is not installed: apt-get install ${debianPackage}`);
  }
  return file;
}

function isStopped(pid: number): boolean {
  const threads = `/proc/${pid}/task`;
  try {
    return readdirSync(threads).every((thread) =>
      /^State:\s+T/m.test(readFileSync(`${threads}/${thread}/status`, 'utf8')),
    );
  } catch {
    // One of them ended in between.
    return false;
  }
}
