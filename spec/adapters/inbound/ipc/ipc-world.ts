/** The local door in a folder of its own: a scripted administration, a log, and raw peers. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { renameSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import {
  IPC_LIMITS,
  type IpcLimits,
  IpcServer,
} from '../../../../adapters/inbound/ipc/ipc-server.js';
import { BunyanLogger } from '../../../../adapters/outbound/logging/bunyan-logger.js';
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerStats,
  SessionDescription,
} from '../../../../domain/descriptions.js';
import { type HolderFilter, holderTest } from '../../../../domain/holder-filter.js';
import type { HolderFeed, HolderNews } from '../../../../domain/holder-watch.js';
import type { Operator } from '../../../../domain/operator.js';
import { refused } from '../../../../domain/refusal.js';
import type {
  Administration,
  KickAnswer,
  RevokeAllAnswer,
  RevokeAnswer,
  RevokeRequest,
} from '../../../../ports/inbound/administration.js';
import { SpecFolder } from '../../../support/server-process.js';
import { someStats } from '../../../support/some-holder.js';

type Pages = AsyncIterable<readonly HolderDescription[]>;

/** Answers with what its fields hold. */
export class ScriptedAdministration implements Administration {
  pages: () => Pages = () => pagesOf();
  answer: (request: RevokeRequest) => Promise<RevokeAnswer> = async () => refused('lock-unknown');
  parts: () => AsyncIterable<LockPart> = () => pagesOf();
  sessionPages: () => AsyncIterable<readonly SessionDescription[]> = () => pagesOf();
  news: () => AsyncIterable<HolderNews> = () => pagesOf();
  counts: () => Promise<ServerStats> = async () => someStats();
  locks: readonly LockDescription[] = [];
  answerToAll: RevokeAllAnswer = refused('lock-unknown');
  answerToKick: KickAnswer = refused('session-unknown');
  readonly revokeRequests: RevokeRequest[] = [];
  /** What was asked besides, with the argument. */
  readonly asked: (readonly [string, unknown])[] = [];
  /** Who asked last for something to be taken away. */
  operator: Operator | undefined;

  now(): number {
    return 1_060_000;
  }

  async *holders(filter: HolderFilter = {}): Pages {
    this.asked.push(['holders', filter]);
    const test = holderTest(filter);
    for await (const page of this.pages()) {
      yield page.filter(test);
    }
  }

  lock(name: string): AsyncIterable<LockPart> {
    this.asked.push(['lock', name]);
    return this.parts();
  }

  sessions(): AsyncIterable<readonly SessionDescription[]> {
    return this.sessionPages();
  }

  stats(): Promise<ServerStats> {
    return this.counts();
  }

  async busiest(count: number): Promise<readonly LockDescription[]> {
    this.asked.push(['busiest', count]);
    return this.locks;
  }

  watch(filter: HolderFilter): HolderFeed {
    this.asked.push(['watch', filter]);
    const news = this.news()[Symbol.asyncIterator]();
    return {
      close: () => void this.asked.push(['close', undefined]),
      [Symbol.asyncIterator]: () => news,
    };
  }

  revoke(request: RevokeRequest, by?: Operator): Promise<RevokeAnswer> {
    this.revokeRequests.push(request);
    this.operator = by;
    return this.answer(request);
  }

  async revokeAll(name: string, by?: Operator): Promise<RevokeAllAnswer> {
    this.asked.push(['revokeAll', name]);
    this.operator = by;
    return this.answerToAll;
  }

  async kick(sessionId: string, by?: Operator): Promise<KickAnswer> {
    this.asked.push(['kick', sessionId]);
    this.operator = by;
    return this.answerToKick;
  }
}

export async function* pagesOf<Page>(...pages: readonly Page[]): AsyncGenerator<Page> {
  yield* pages;
}

export class IpcWorld {
  readonly folder = new SpecFolder();
  readonly path = this.folder.file('ipc.sock');
  readonly administration = new ScriptedAdministration();
  readonly #output = new PassThrough();
  readonly #logger = new BunyanLogger({ level: 'debug', output: this.#output });
  readonly #servers: (IpcServer | Server)[] = [];
  readonly #peers: Socket[] = [];
  #log = '';

  /** Every line logged so far. */
  get log(): string {
    this.#log += String(this.#output.read() ?? '');
    return this.#log;
  }

  async listen(limits: Partial<IpcLimits> = {}): Promise<IpcServer> {
    const server = new IpcServer({
      path: this.path,
      administration: this.administration,
      logger: this.#logger,
      limits: { ...IPC_LIMITS, ...limits },
    });
    this.#servers.push(server);
    await server.listen();
    return server;
  }

  /** Something else that listens at the path, and does `greet` with whoever comes. */
  async listenAs(greet: (socket: Socket) => void): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#peers.push(socket);
      socket.on('error', () => undefined);
      greet(socket);
    });
    this.#servers.push(server);
    server.listen(this.path);
    await once(server, 'listening');
    return server;
  }

  /** The socket's file as a server leaves it that was killed. */
  async leaveStaleSocket(): Promise<void> {
    const server = createServer();
    const before = this.folder.file('before.sock');
    server.listen(before);
    await once(server, 'listening');
    renameSync(before, this.path);
    server.close();
    await once(server, 'close');
  }

  /** A connection that says `text`. What comes back is left unread unless the spec reads it. */
  async peer(text: string | Uint8Array = ''): Promise<Socket> {
    const socket = connect({ path: this.path, allowHalfOpen: true });
    this.#peers.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    if (text.length > 0) {
      socket.write(text);
    }
    return socket;
  }

  /** All that the server says to `text` until it ends the connection. */
  async converse(text: string | Uint8Array): Promise<string> {
    return everythingFrom(await this.peer(text));
  }

  async close(): Promise<void> {
    for (const peer of this.#peers) {
      peer.destroy();
    }
    for (const server of this.#servers) {
      await server.close();
    }
    this.folder.remove();
  }
}

/** What comes until the other side ends or cuts the connection. */
export async function everythingFrom(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('end', () => socket.end());
  if (!socket.closed) {
    // Cut or ended, it closes; `once` of node:events would reject at an error before that.
    await new Promise((resolve) => socket.once('close', resolve));
  }
  return text;
}
