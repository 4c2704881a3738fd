/** Why: other people's tests want a lock server for a while, without a process, a port or a file of its own. */
import { type RunningServer, type Settings, startServer } from '../../bootstrap/compose.js';
import { RecordingLogger } from './recording-logger.js';

export interface TestServer extends AsyncDisposable {
  /** The `host:port` that clients connect to. */
  readonly address: string;
  /** The `host:port` of REST, if `restListenAddress` was set. */
  readonly restAddress: string | undefined;
  /** The server itself, for what a test wants to look at or do beside: its holders, a revocation. */
  readonly server: RunningServer;
  /** May be called more than once. */
  stop(): Promise<void>;
}

/**
 * Starts a server in this process, on a free port of the loopback interface, that keeps nothing and logs nothing.
 * @param settings what differs from the defaults, as for `startServer`.
 * @throws as `startServer`
 */
export async function startTestServer(settings: Partial<Settings> = {}): Promise<TestServer> {
  const server = await startServer({
    settings: { listenAddress: { host: '127.0.0.1', port: 0 }, ...settings },
    parts: { logger: new RecordingLogger('error') },
  });
  const stop = () => server.stop();
  return {
    address: server.grpcAddress,
    restAddress: server.restAddress,
    server,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
