/** The whole server with its three doors, the honest client that looks after it, and what its log admits. */
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { IpcClient } from '../../adapters/inbound/ipc/ipc-client.js';
import { type RunningServer, type ServerOptions, startServer } from '../../bootstrap/compose.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';

/** Short, so that what strangers leave behind is gone soon. */
const SETTINGS = {
  listenAddress: { host: '127.0.0.1', port: 0 },
  restListenAddress: { host: '127.0.0.1', port: 0 },
  restSessionTimeoutMs: 1_000,
  recoveryWindowMsMax: 100,
  idleCollectionIntervalMs: 500,
  idleMinMs: 100,
  // Node leaves a connection open that broke HTTP/2, and hears nothing of it any more, its end included: these end it.
  keepaliveIntervalMs: 500,
  keepaliveTimeoutMs: 500,
  handshakeTimeoutMs: 1_000,
  requestTimeoutMs: 1_000,
};

const ANSWER_MS_MAX = 20_000;

/** How a server is started; the product's way unless a fault is planted. */
export type StartServer = (options: ServerOptions) => Promise<RunningServer>;

/** Running → closed. */
export class FuzzedServer {
  readonly #folder: SpecFolder;
  readonly #logger: RecordingLogger;
  #checkCount = 0;

  private constructor(
    readonly server: RunningServer,
    parts: { readonly folder: SpecFolder; readonly logger: RecordingLogger },
  ) {
    this.#folder = parts.folder;
    this.#logger = parts.logger;
  }

  static async start(start: StartServer = startServer): Promise<FuzzedServer> {
    setLogVerbosity(logVerbosity.NONE);
    const folder = new SpecFolder();
    const logger = new RecordingLogger('error');
    const ipcSocketFile = folder.file('ipc.sock');
    const server = await start({ settings: { ...SETTINGS, ipcSocketFile }, parts: { logger } });
    return new FuzzedServer(server, { folder, logger });
  }

  get grpcAddress(): string {
    return this.server.grpcAddress;
  }

  get restAddress(): string {
    return this.server.restAddress ?? '';
  }

  get ipcSocketFile(): string {
    return this.#folder.file('ipc.sock');
  }

  /** Locks and unlocks by each door, and reads the log. @returns what is wrong. */
  async check(): Promise<string | undefined> {
    this.#checkCount += 1;
    const name = `honest-${this.#checkCount}`;
    return (
      (await this.#checkGrpc(name)) ??
      (await this.#checkRest(name)) ??
      (await this.#checkIpc()) ??
      this.fault()
    );
  }

  /** What the server has said of itself since the last time, as errors. */
  fault(): string | undefined {
    const [line] = this.#logger.lines.splice(0);
    return line && `the log says: ${line.message} ${JSON.stringify(line.fields)}`;
  }

  async close(): Promise<void> {
    await this.server.stop();
    this.#folder.remove();
  }

  async #checkGrpc(name: string): Promise<string | undefined> {
    const client = new GrpcWorldClient(this.grpcAddress);
    try {
      const deadline = Date.now() + ANSWER_MS_MAX;
      const lock = await client.call('Lock', { name }, { deadline });
      const unlock = await client.call('Unlock', { name, key: lock.key }, { deadline });
      return lock.locked === true && unlock.unlocked === true
        ? undefined
        : `gRPC answered ${JSON.stringify({ lock, unlock })}`;
    } finally {
      client.close();
    }
  }

  async #checkRest(name: string): Promise<string | undefined> {
    const { session_id: session = '' } = await this.#ask('/session', {});
    const { key } = await this.#ask('/v1/lock', { name }, session);
    const unlock = await this.#ask('/v1/unlock', { name, key }, session);
    return unlock.unlocked === true ? undefined : `REST answered ${JSON.stringify(unlock)}`;
  }

  async #checkIpc(): Promise<string | undefined> {
    const path = this.ipcSocketFile;
    const client = new IpcClient({ path, replyBytesMax: 2 ** 22, silenceMs: ANSWER_MS_MAX });
    for await (const _ of client.holders({})) {
      // To the end.
    }
    return undefined;
  }

  async #ask(
    path: string,
    fields: object,
    session?: string,
  ): Promise<{
    readonly session_id?: string;
    readonly key?: string;
    readonly unlocked?: boolean;
  }> {
    const headers = session === undefined ? {} : { 'ldlm-session': session };
    const options = { method: 'POST', headers, agent: false, timeout: ANSWER_MS_MAX };
    const request = httpRequest(`http://${this.restAddress}${path}`, options);
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.end(JSON.stringify(fields));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await response.toArray()).toString();
    return JSON.parse(body) as object;
  }
}
