/** The server as it ships, gRPC and REST, in a process of its own that tells what it holds. */
import { Writable } from 'node:stream';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { startServer } from 'ldlm';
import { BunyanLogger } from 'ldlm/adapters/outbound/logging/bunyan-logger';
import { answerParent } from '../../bench/child-program.js';
import { keptBytes } from '../support/process-holdings.js';

export interface AttackedServerStart {
  /** Files of certificate and key; undefined: in plain text. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface Holdings {
  /** Heap in use and memory outside it that belongs to objects, after a collection. */
  readonly keptBytes: number;
  readonly rssBytes: number;
  readonly socketCount: number;
  /** Lines of the log so far. */
  readonly lineCount: number;
}

/** Shorter than the defaults, so that even a short attack lives to see them. */
const HANDSHAKE_TIMEOUT_MS = 1_500;
const REQUEST_TIMEOUT_MS = 1_500;
const KEEPALIVE_INTERVAL_MS = 15_000;
const KEEPALIVE_TIMEOUT_MS = 5_000;

answerParent(async ({ tls }: AttackedServerStart) => {
  setLogVerbosity(logVerbosity.NONE);
  let lineCount = 0;
  const output = new Writable({
    write: (_chunk, _encoding, done) => {
      lineCount += 1;
      done();
    },
  });
  const server = await startServer({
    settings: {
      listenAddress: { host: '127.0.0.1', port: 0 },
      restListenAddress: { host: '127.0.0.1', port: 0 },
      handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      keepaliveIntervalMs: KEEPALIVE_INTERVAL_MS,
      keepaliveTimeoutMs: KEEPALIVE_TIMEOUT_MS,
      ...(tls && { tlsCertFile: tls.cert, tlsKeyFile: tls.key }),
    },
    parts: { logger: new BunyanLogger({ level: 'info', output }) },
  });
  return {
    addresses: () => ({ grpc: server.grpcAddress, rest: server.restAddress }),
    rssBytes: () => process.memoryUsage.rss(),
    socketCount,
    holdings: async (): Promise<Holdings> => {
      const kept = (await keptBytes()) ?? 0;
      const rssBytes = process.memoryUsage.rss();
      return { keptBytes: kept, rssBytes, socketCount: socketCount(), lineCount };
    },
  };
});

function socketCount(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}
