/** Why: the console as its address shows it, over a real server in this process, on a clock that the spec moves. */
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { AdminServer } from '../../adapters/inbound/admin/admin-server.js';
import { ConsoleAccess, type ConsoleOffer } from '../../adapters/inbound/console/console-access.js';
import { consolePages } from '../../adapters/inbound/console/console-pages.js';
import { EventReader } from '../../adapters/inbound/console/page/event-reader.js';
import type { Administration } from '../../ports/inbound/administration.js';
import type { ServerStatus } from '../../ports/inbound/server-status.js';
import { FakeClock } from './fake-clock.js';
import { askHttp, type HttpAnswer } from './http-question.js';
import { RecordingLogger } from './recording-logger.js';
import { startTestServer, type TestServer } from './test-server.js';

export const PASSWORD = 'the password';

/** What the page sends with everything that it asks. */
export const PAGE_HEADERS = { 'x-ldlm-console': '1', 'content-type': 'application/json' };

/** A page that listens. */
export class ConsoleListener {
  readonly response: IncomingMessage;
  readonly #reader = new EventReader();
  readonly #heard = new EventEmitter();
  readonly events: { readonly event: string; readonly data: unknown }[] = [];
  isOver = false;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.events.push(...this.#reader.read(text));
      this.#heard.emit('more');
    });
    response.once('close', () => {
      this.isOver = true;
      this.#heard.emit('more');
    });
    response.on('error', () => undefined);
  }

  /** Resolves when it is over, with the last thing that was heard. */
  async untilOver(): Promise<unknown> {
    while (!this.isOver) {
      await once(this.#heard, 'more');
    }
    return this.events.at(-1);
  }
}

export class ConsoleWorld {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  /** Emits 'asked' when a password is looked at. */
  readonly admissions = new EventEmitter();
  readonly locks: TestServer;
  status: ServerStatus = { role: 'leader' };
  administration: Administration | undefined;
  address = '';
  readonly #admin: AdminServer;

  private constructor(locks: TestServer, to: ConsoleOffer['to'], requestTimeoutMs: number) {
    this.locks = locks;
    this.administration = locks.server.administration;
    const admission = {
      admit: (shown: string | undefined) => {
        setImmediate(() => this.admissions.emit('asked'));
        return shown === PASSWORD ? ('admitted' as const) : ('wrong' as const);
      },
    };
    const offer: ConsoleOffer = to === 'password' ? { to, admission } : { to };
    this.#admin = new AdminServer({
      host: '127.0.0.1',
      port: 0,
      pages: consolePages({
        access: new ConsoleAccess(offer, this.clock),
        status: () => this.status,
        administration: () => this.administration,
        version: '1.2.3',
        bodyBytesMax: 100_000,
        timing: this.clock,
        logger: this.logger,
      }),
      logger: this.logger,
      connectionsMax: 200,
      headerBytesMax: 16_384,
      requestTimeoutMs,
    });
  }

  static async start(
    to: ConsoleOffer['to'] = 'local',
    requestTimeoutMs = 30_000,
  ): Promise<ConsoleWorld> {
    const world = new ConsoleWorld(await startTestServer(), to, requestTimeoutMs);
    world.address = await world.#admin.listen();
    return world;
  }

  async stop(): Promise<void> {
    await this.locks.stop();
    await this.#admin.close(0);
  }

  /** As the page asks; `headers` are more of them, or others. */
  async ask(
    path: string,
    question: object | string = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    return askHttp(this.address, {
      method: 'POST',
      path: `/console/api/${path}`,
      headers: { ...PAGE_HEADERS, ...headers },
      body: typeof question === 'string' ? question : JSON.stringify(question),
    });
  }

  /** The server as it is, but for what a spec has it do. */
  administrationWith(other: Partial<Administration>): Administration {
    const real = this.locks.server.administration;
    return new Proxy(real, {
      get: (_, name) => {
        const given = other[name as keyof Administration];
        const known = given ?? real[name as keyof Administration];
        return given === undefined ? known.bind(real) : known;
      },
    });
  }

  /** What comes back as JSON. */
  async told(path: string, question: object = {}): Promise<Record<string, unknown>> {
    return JSON.parse((await this.ask(path, question)).body);
  }

  /** The status and code of a refusal. */
  async refused(...asked: Parameters<ConsoleWorld['ask']>): Promise<readonly [number, string]> {
    const { status, body } = await this.ask(...asked);
    return [status, JSON.parse(body).code];
  }

  async listen(
    question: object = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<ConsoleListener> {
    const [host, port] = this.address.split(':');
    const request = httpRequest({
      host,
      port,
      method: 'POST',
      path: '/console/api/events',
      headers: { ...PAGE_HEADERS, ...headers },
      agent: false,
    });
    request.end(JSON.stringify(question));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new ConsoleListener(response);
  }

  /** Moves time on until the listener has heard that, and tells it. */
  async heard<Data = Record<string, unknown>>(
    listener: ConsoleListener,
    event: string,
    isMeant: (data: Data) => boolean = () => true,
  ): Promise<Data> {
    for (let index = 0; ; index += 1) {
      while (index >= listener.events.length) {
        if (listener.isOver) {
          throw new Error(`it was over without ${event}: ${JSON.stringify(listener.events)}`);
        }
        await this.clock.advance(50);
      }
      const heard = listener.events[index];
      if (heard?.event === event && isMeant(heard.data as Data)) {
        return heard.data as Data;
      }
    }
  }

  /** Acquires a lock for a session of its own. @returns the key, and the session. */
  async hold(
    name: string,
    { size = 1, leaseMs = 600_000, waitMs = 0 } = {},
  ): Promise<{ readonly key: string; readonly sessionId: string }> {
    const { locking } = this.locks.server;
    const opened = locking.openSession({ kind: 'connection', peer: '10.0.0.1:999' });
    if (opened.kind === 'refused') {
      throw new Error(opened.code);
    }
    const { sessionId } = opened;
    const acquisition = locking.acquire({ sessionId, name, size, waitMs, leaseMs });
    if (waitMs === 0) {
      await acquisition.answer;
    }
    return { key: acquisition.key, sessionId };
  }
}
