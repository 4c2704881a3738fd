/** Each attack of `npm run hostile` in small: what becomes of the guilty connections, and of everyone else. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import type { Assault } from './attacker.js';
import { attacks } from './attacks.js';

const HERE = { host: '127.0.0.1', port: 0 };
const CONNECTIONS_MAX = 3;
/** Said at once, without waiting for their time. */
const TURNS = 60;

/** What only lasts until the attacker has had enough: it costs little, and is within all bounds. */
const BORNE: readonly string[] = [
  'idle-grpc',
  'idle-rest',
  // For these the keepalive is there: a client that is within a header block cannot answer a ping.
  'slow-headers',
  // A few such calls are answered each, and only many of them have their connection cut.
  'slow-bodies',
  'empty-headers',
  'window-updates',
  'priorities',
  'unknown-frames',
  'deep-json',
  'many-headers',
  'unread-answers',
];

describe('A server under attack', () => {
  let server: RunningServer;
  let logger: RecordingLogger;
  let honest: GrpcWorldClient;
  let session: string;

  beforeEach(async () => {
    logger = new RecordingLogger();
    server = await startServer({
      settings: {
        listenAddress: HERE,
        restListenAddress: HERE,
        handshakeTimeoutMs: 100,
        requestTimeoutMs: 200,
      },
      parts: { logger },
    });
    honest = new GrpcWorldClient(server.grpcAddress);
    const opened = await fetch(`http://${server.restAddress}/session`, { method: 'POST' });
    ({ session_id: session } = (await opened.json()) as { session_id: string });
  });

  afterEach(async () => {
    honest.close();
    await server.stop();
  });

  function assail({ port, opening, everyTurn, isDeaf, isClinging }: Assault): Socket {
    const address = port === 'grpc' ? server.grpcAddress : server.restAddress;
    const [host, at] = address?.split(':') ?? [];
    const socket = connect({ host, port: Number(at), allowHalfOpen: isClinging === true });
    socket.on('error', () => undefined);
    // A client that left all its answers unread would not hear either that it was cut.
    if (isDeaf !== true) {
      socket.resume();
    }
    const said = [opening?.() ?? Buffer.alloc(0)];
    for (let turn = 0; turn < TURNS && everyTurn !== undefined; turn += 1) {
      said.push(everyTurn(turn));
    }
    socket.write(Buffer.concat(said));
    return socket;
  }

  function countOf(message: string): number {
    return logger.messages.filter((one) => one === message).length;
  }

  /** Waits, by the turns of the loop, for what a closed connection leaves behind to be gone. */
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function connectionCount(): number {
    return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  }

  for (const [name, { what, only }] of Object.entries(attacks(''))) {
    if (only === 'tls') {
      continue;
    }
    const isBorne = BORNE.includes(name);
    it(`${isBorne ? 'bears' : 'cuts'} ${what}, and serves others as ever`, async () => {
      expect(await honest.call('Lock', { name: 'before' })).to.include({ locked: true });
      const sockets = (attacks(session)[name]?.assaults ?? []).flatMap((assault) =>
        Array.from({ length: Math.min(assault.count, CONNECTIONS_MAX) }, () => assail(assault)),
      );
      const during = honest.call('Lock', { name: 'during' });
      if (!isBorne) {
        await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
      }
      expect(await during).to.include({ locked: true });
      for (const socket of sockets) {
        socket.destroy();
      }
      // The REST session of the attacker and the honest client's own are left.
      await until(() => countOf('Session opened') - countOf('Session ended') === 2);
      expect(await honest.call('Lock', { name: 'after' })).to.include({ locked: true });
      honest.close();
      await until(() => connectionCount() <= KEPT_BY_FETCH);
    });
  }
});

/** Its pool keeps the connection that the session was opened by. */
const KEPT_BY_FETCH = 2;
