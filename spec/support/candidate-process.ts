/**
 * Why: one of several servers that share an etcd, as a process that is killed, stopped as it is and started again on its own
 * address. It reaches etcd by a wire of its own, so that it alone can be cut off.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { CuttableProxy } from './cuttable-proxy.js';
import type { EtcdCluster } from './etcd-cluster.js';
import { ServerProcess, SpecFolder } from './server-process.js';
import { steadyPort } from './steady-port.js';

export interface CandidateStart {
  /** Its first member is the one that the server knows. */
  readonly cluster: EtcdCluster;
  readonly prefix: string;
  /** More of the server's command line. */
  readonly args?: readonly string[];
  readonly from: 'source' | 'dist';
}

/** Away ⇄ running; it stands by or leads. */
export class CandidateProcess {
  /** Where its clients connect to while it leads. */
  readonly address: string;
  /** Between this server and etcd. */
  readonly wire: CuttableProxy;
  readonly #start: CandidateStart;
  readonly #folder = new SpecFolder();
  #process!: ServerProcess;

  private constructor(start: CandidateStart, address: string, wire: CuttableProxy) {
    this.#start = start;
    this.address = address;
    this.wire = wire;
  }

  /** Starts it and waits for nothing. */
  static async launch(start: CandidateStart): Promise<CandidateProcess> {
    const wire = await CuttableProxy.start(start.cluster.member(0).address);
    const candidate = new CandidateProcess(start, `127.0.0.1:${await steadyPort()}`, wire);
    candidate.launchAgain();
    return candidate;
  }

  launchAgain(): void {
    const { prefix, args = [], from } = this.#start;
    const shared = ['--state_store', 'etcd', '--etcd_endpoints', this.wire.address];
    const own = ['-l', this.address, '--etcd_prefix', prefix];
    this.#process = ServerProcess.launch(this.#folder, [...shared, ...own, ...args], {}, from);
  }

  get process(): ServerProcess {
    return this.#process;
  }

  /** Whether clients can come in, which is so while it leads; a paused one's kernel lets them in, too. */
  async takesConnections(): Promise<boolean> {
    const [host, port] = this.address.split(':');
    const socket = connect(Number(port), host);
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGKILL');
    await this.wire.stop();
    this.#folder.remove();
  }
}
