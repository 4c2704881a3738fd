/** Why: etcd and two lock servers on free ports of this machine, as an operator would start them on several. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildProgram } from './child-program.js';

/** @param folder where it keeps its data. @returns etcd and its address, once it serves. */
export async function startEtcd(
  folder: string,
): Promise<{ readonly etcd: ChildProgram; readonly address: string }> {
  const [address, peerAddress] = [await freeAddress(), await freeAddress()];
  const etcd = new ChildProgram('etcd', [
    ...['--name', 'etcd-1', '--data-dir', join(folder, 'etcd'), '--logger', 'zap'],
    ...[
      '--listen-client-urls',
      `http://${address}`,
      '--advertise-client-urls',
      `http://${address}`,
    ],
    ...['--listen-peer-urls', `http://${peerAddress}`],
    ...['--initial-advertise-peer-urls', `http://${peerAddress}`],
    ...['--initial-cluster', `etcd-1=http://${peerAddress}`],
    ...['--auto-compaction-mode', 'periodic', '--auto-compaction-retention', '1m'],
  ]);
  await etcd.untilLogged('serving client traffic');
  return { etcd, address };
}

/** Where the package says that its program is. */
const packageFile = fileURLToPath(import.meta.resolve('ldlm/package.json'));
const { bin } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
  readonly bin: Readonly<Record<'ldlm-server', string>>;
};
const serverProgram = join(packageFile, '..', bin['ldlm-server']);

export class LockServer {
  readonly address: string;
  readonly name: string;
  readonly #etcdAddress: string;
  #process: ChildProgram;

  private constructor(name: string, address: string, etcdAddress: string) {
    this.name = name;
    this.address = address;
    this.#etcdAddress = etcdAddress;
    this.#process = this.#start();
  }

  static async start(name: string, etcdAddress: string): Promise<LockServer> {
    return new LockServer(name, await freeAddress(), etcdAddress);
  }

  get pid(): number {
    return this.#process.pid;
  }

  untilLeading(): Promise<void> {
    return this.#process.untilLogged('"msg":"Leading"');
  }

  untilStandingBy(): Promise<void> {
    return this.#process.untilLogged('"msg":"Standing by');
  }

  /** SIGKILL ends it at once and unprepared, SIGTERM in order. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    return this.#process.end(signal);
  }

  /** Once it has ended. */
  startAgain(): void {
    this.#process = this.#start();
  }

  #start(): ChildProgram {
    return new ChildProgram(process.execPath, [
      serverProgram,
      ...['--state_store', 'etcd', '--etcd_endpoints', this.#etcdAddress, '--leader_ttl', '5s'],
      // A client believes in its locks for longer than it takes another server to lead.
      ...['--recovery_window_max', '30s', '--listen_address', this.address],
      ...['--ipc_socket_file', ''],
    ]);
  }
}

/** A port that was free a moment ago. */
async function freeAddress(): Promise<string> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
