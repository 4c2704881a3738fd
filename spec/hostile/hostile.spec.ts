/** Each attack of `npm run hostile` in small: what becomes of the guilty connections, and of everyone else. */
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { RecordingLogger } from '../support/recording-logger.js';
import type { Assault } from './attacker.js';
import { attacks } from './attacks.js';

const HERE = { host: '127.0.0.1', port: 0 };
const CONNECTIONS_MAX = 3;
/** Said at once, without waiting for their time. Slow ones do not come far. */
const TURNS = 60;
const SLOW_TURNS = 5;
const SLOW_MS = 100;

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
  // One of them is HTTP to the HTTP port.
  'wrong-protocol',
  'many-headers',
  'unread-answers',
];

describe('A server under attack', () => {
  let server: RunningServer;
  let logger: RecordingLogger;
  let honest: GrpcWorldClient;
  let session: string;
  let sockets: Socket[];

  beforeEach(async () => {
    sockets = [];
    logger = new RecordingLogger();
    server = await startServer({
      settings: {
        listenAddress: HERE,
        restListenAddress: HERE,
        handshakeTimeoutMs: 100,
        requestTimeoutMs: 200,
        keepaliveIntervalMs: 1_000,
        keepaliveTimeoutMs: 1_000,
      },
      parts: { logger },
    });
    honest = new GrpcWorldClient(server.grpcAddress);
    const opened = await fetch(`http://${server.restAddress}/session`, { method: 'POST' });
    ({ session_id: session } = (await opened.json()) as { session_id: string });
  });

  afterEach(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    honest.close();
    await server.stop();
  });

  function assail({ port, opening, everyTurn, isClinging, turnMs = 0 }: Assault): Socket {
    const address = port === 'grpc' ? server.grpcAddress : server.restAddress;
    const [host, at] = address?.split(':') ?? [];
    const socket = connect({ host, port: Number(at), allowHalfOpen: isClinging === true });
    socket.on('error', () => undefined);
    // Whoever reads nothing would not hear either that it was cut; the server's answers are so many that
    // they are as good as unread.
    socket.resume();
    const said = [opening?.() ?? Buffer.alloc(0)];
    const turns = everyTurn === undefined ? 0 : turnMs < SLOW_MS ? TURNS : SLOW_TURNS;
    for (let turn = 0; turn < turns; turn += 1) {
      said.push(everyTurn?.(turn) ?? Buffer.alloc(0));
    }
    socket.write(Buffer.concat(said));
    if (isClinging === true) {
      // It goes on talking, by which it hears that nobody listens.
      const talk = () => socket.write('a', (error) => error ?? setImmediate(talk));
      talk();
    }
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
      const before = connectionCount();
      sockets = (attacks(session)[name]?.assaults ?? []).flatMap((assault) =>
        Array.from({ length: Math.min(assault.count, CONNECTIONS_MAX) }, () => assail(assault)),
      );
      const during = honest.call('Lock', { name: 'during' });
      if (!isBorne) {
        await until(() => sockets.every((socket) => socket.closed));
      }
      expect(await during).to.include({ locked: true });
      for (const socket of sockets) {
        socket.destroy();
      }
      // The REST session of the attacker and the honest client's own are left.
      await until(() => countOf('Session opened') - countOf('Session ended') <= 2);
      expect(await honest.call('Lock', { name: 'after' })).to.include({ locked: true });
      await until(() => connectionCount() <= before);
    });
  }
});
