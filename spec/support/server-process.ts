/** The real server as a process of its own, on a free port and in a folder of its own, ended by its id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProcessLines } from './process-lines.js';

const LISTENING = /gRPC server started\. Listening on ([^"]+)"/;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs a program of bootstrap/ from its source, or from what was built of it, which starts in half the time. Environment
 * variables of LDLM's are those given alone.
 */
export function spawnProgram(
  program: 'ldlm-server' | 'ldlm-lock' | 'ldlm-stress',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  from: 'source' | 'dist' = 'source',
): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('LDLM_'));
  const command = {
    source: ['--import', 'tsx', join('bootstrap', `${program}.ts`)],
    dist: [join('dist', 'bootstrap', `${program}.js`)],
  }[from];
  return spawn(process.execPath, [...command, ...args], {
    cwd: ROOT,
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface Ran extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function runProgram(...given: Parameters<typeof spawnProgram>): Promise<Ran> {
  const child = spawnProgram(...given);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => {
    output.stdout += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    output.stderr += String(chunk);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...output };
}

/** A folder that goes when the spec is over. */
export class SpecFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'ldlm-spec-'));

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly exit: Promise<Exit>;
  readonly socketFile: string;
  readonly #stderr: ProcessLines;
  #address = '';

  private constructor(child: ChildProcess, socketFile: string) {
    this.#child = child;
    this.socketFile = socketFile;
    this.exit = once(child, 'close').then(([code, signal]) => ({ code, signal }));
    this.#stderr = new ProcessLines(child, [child.stderr]);
  }

  /**
   * Starts a server and waits until it listens.
   * @throws Error with what it wrote when it ends before.
   */
  static async start(...given: Parameters<typeof ServerProcess.launch>): Promise<ServerProcess> {
    const server = ServerProcess.launch(...given);
    await server.untilListening();
    return server;
  }

  /** Starts a server that may never come to listen. */
  static launch(
    folder: SpecFolder,
    args: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
    from: 'source' | 'dist' = 'source',
  ): ServerProcess {
    const socketFile = folder.file('ipc.sock');
    const child = spawnProgram(
      'ldlm-server',
      ['-l', '127.0.0.1:0', '--ipc_socket_file', socketFile, ...args],
      environment,
      from,
    );
    return new ServerProcess(child, socketFile);
  }

  /** @throws Error with what it wrote when it ends before. */
  async untilListening(): Promise<void> {
    const [, address = ''] = await this.untilLine(LISTENING);
    this.#address = address;
  }

  /** Lines of stderr so far. */
  get lines(): readonly string[] {
    return this.#stderr.lines;
  }

  /** Where gRPC clients connect to. */
  get address(): string {
    return this.#address;
  }

  /** Where REST clients connect to; empty if none may. */
  get restAddress(): string {
    return this.#lineThat(/REST server started\. Listening on ([^"]+)"/)?.[1] ?? '';
  }

  /** Where probes connect to; empty if none may. */
  get adminAddress(): string {
    return this.#lineThat(/Admin server started\. Listening on ([^"]+)"/)?.[1] ?? '';
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits for a line of its log that has that message. @returns the line. */
  async logged(message: string): Promise<string> {
    const text = JSON.stringify(message).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return (await this.untilLine(new RegExp(`^.*"msg":${text}.*$`)))[0];
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    return this.exit;
  }

  /** Waits for a line of stderr, now or later. @throws Error when the server ends without it. */
  untilLine(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#stderr.until(pattern);
  }

  #lineThat(pattern: RegExp): RegExpExecArray | undefined {
    return (
      this.lines.map((line) => pattern.exec(line)).find((match) => match !== null) ?? undefined
    );
  }
}
