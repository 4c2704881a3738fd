/**
 * Why: what the console's page asks of the server, as JSON. It is for that page alone and changes with it: programs
 * have `ldlm-lock --json` and gRPC.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type {
  HolderDescription,
  LockDescription,
  WaiterDescription,
} from '../../../domain/descriptions.js';
import type { Operator } from '../../../domain/operator.js';
import type { Administration } from '../../../ports/inbound/administration.js';
import type { ServerStatus } from '../../../ports/inbound/server-status.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { ChangeDigest } from './change-digest.js';
import { type ConsoleAccess, peerOf } from './console-access.js';
import { absence, ConsoleError, refusalToError } from './console-error.js';
import type { ConsoleTiming } from './console-timing.js';
import { EventStream } from './event-stream.js';
import { LEASE_ORDERS, leaseQuestion, SESSION_ORDERS, sessionTest } from './lease-question.js';
import { LeaseStream } from './lease-stream.js';
import { ListingPage, PAGE_LENGTH, withinBound } from './listing-page.js';
import { QuestionBody } from './question-body.js';

/** Pages that watch, and lists that are looked through, at once. */
const STREAMS_MAX = 32;
const LISTINGS_MAX = 8;

const BUSIEST_COUNT = 20;

/** No lock has an empty name. */
const NO_LEASE = { filter: { name: '' }, isWanted: () => false };

export interface ConsoleApiParts {
  readonly access: ConsoleAccess;
  /** Asked anew for every request. */
  readonly status: () => ServerStatus;
  /** Of the server that serves in this process at the moment of asking; undefined if none does. */
  readonly administration: () => Administration | undefined;
  readonly version: string;
  readonly bodyBytesMax: number;
  readonly timing: ConsoleTiming;
  readonly logger: Logger;
}

/** What is asked, and by whom. */
interface Question {
  readonly body: QuestionBody;
  readonly request: IncomingMessage;
  readonly administration: Administration;
}

export class ConsoleApi {
  readonly #parts: ConsoleApiParts;
  #streamCount = 0;
  #listingCount = 0;

  constructor(parts: ConsoleApiParts) {
    this.#parts = parts;
  }

  /** @param path what follows `/console/api/`. Answers whatever happens. */
  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#answer(path, request, response);
      if (answer !== undefined) {
        sendJson(response, 200, answer);
      }
    } catch (failure) {
      const error = this.#errorOf(failure);
      sendJson(response, error.status, {
        code: error.code,
        message: error.message,
        leader: error.leader,
      });
    }
  }

  async #answer(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<object | undefined> {
    const { access, version, bodyBytesMax } = this.#parts;
    access.checkPage(request);
    switch (path) {
      case 'hello':
        return { version, asksPassword: access.asksPassword, isKnown: access.hasPass(request) };
      case 'enter': {
        const body = await QuestionBody.read(request, bodyBytesMax);
        return { token: await access.enter(body.text('password'), request) };
      }
      case 'leave':
        access.leave(request);
        return {};
    }
    access.checkPass(request);
    const body = await QuestionBody.read(request, bodyBytesMax);
    const { role } = this.#parts.status();
    const administration = role === 'leader' ? this.#parts.administration() : undefined;
    if (administration === undefined) {
      throw absence(this.#parts.status());
    }
    const question = { body, request, administration };
    if (path === 'events') {
      await this.#follow(question, response);
      return undefined;
    }
    return this.#ask(path, question);
  }

  /** @throws ConsoleError */
  async #ask(path: string, question: Question): Promise<object> {
    const { administration } = question;
    switch (path) {
      case 'stats':
        return administration.stats();
      case 'leases':
        return this.#listing(() => this.#leases(question));
      case 'sessions':
        return this.#listing(() => this.#sessions(question));
      case 'lock':
        return this.#listing(() => this.#lock(question));
      case 'busiest':
        return this.#listing(async () => ({
          locks: withinBound(
            (await administration.busiest(BUSIEST_COUNT)).map((lock) => ({
              ...lock,
              owner: undefined,
            })),
          ),
          now: administration.now(),
        }));
      case 'revoke':
        return this.#revoke(question);
      case 'kick':
        return this.#kick(question);
      default:
        throw new ConsoleError('path-unknown');
    }
  }

  async #listing<Answer>(list: () => Promise<Answer>): Promise<Answer> {
    if (this.#listingCount >= LISTINGS_MAX) {
      throw new ConsoleError('busy');
    }
    this.#listingCount += 1;
    try {
      return await list();
    } finally {
      this.#listingCount -= 1;
    }
  }

  async #leases({ body, request, administration }: Question): Promise<object> {
    const { filter, isWanted } = leaseQuestion(body);
    const compare = LEASE_ORDERS[body.oneOf('order', keysOf(LEASE_ORDERS))];
    const page = new ListingPage<HolderDescription>({ offset: body.offset('offset'), compare });
    for await (const holders of administration.holders(filter)) {
      page.add(holders.filter(isWanted));
      if (request.socket.destroyed) {
        break;
      }
    }
    return { ...page.answer, now: administration.now() };
  }

  async #sessions({ body, request, administration }: Question): Promise<object> {
    const isWanted = sessionTest(body);
    const compare = SESSION_ORDERS[body.oneOf('order', keysOf(SESSION_ORDERS))];
    const page = new ListingPage({ offset: body.offset('offset'), compare });
    for await (const sessions of administration.sessions()) {
      page.add(sessions.filter(isWanted));
      if (request.socket.destroyed) {
        break;
      }
    }
    return { ...page.answer, now: administration.now() };
  }

  /** A page of its holders and one of its waiters, both in order. */
  async #lock({ body, administration }: Question): Promise<object> {
    const place = (name: string) => ({ offset: body.offset(name), compare: undefined });
    const holders = new ListingPage<HolderDescription>(place('holdersFrom'));
    const waiters = new ListingPage<WaiterDescription>(place('waitersFrom'));
    const waitersEnd = body.offset('waitersFrom') + PAGE_LENGTH;
    let lock: LockDescription | undefined;
    for await (const part of administration.lock(body.text('name'))) {
      switch (part.kind) {
        case 'lock':
          lock = part.lock;
          break;
        case 'holders':
          holders.add(part.holders);
          break;
        case 'waiters':
          waiters.add(part.waiters);
          break;
      }
      if (waiters.answer.total >= waitersEnd) {
        break;
      }
    }
    if (lock === undefined) {
      throw new ConsoleError('lock-unknown');
    }
    const now = administration.now();
    return { lock, holders: holders.answer, waiters: waiters.answer, now };
  }

  async #revoke({ body, request, administration }: Question): Promise<object> {
    const lease = { name: body.text('name'), key: body.text('key') };
    const outcome = await administration.revoke(lease, operator(request));
    if (outcome.kind === 'refused') {
      throw refusalToError(outcome.code);
    }
    return {};
  }

  async #kick({ body, request, administration }: Question): Promise<object> {
    const outcome = await administration.kick(body.text('sessionId'), operator(request));
    if (outcome.kind === 'refused') {
      throw refusalToError(outcome.code);
    }
    const { leaseCount, waiterCount } = outcome;
    return { leaseCount, waiterCount };
  }

  async #follow(question: Question, response: ServerResponse): Promise<void> {
    const { timing, access, status } = this.#parts;
    const { body, request, administration } = question;
    const { filter, isWanted } =
      body.oneOf('changes', ['all', 'none']) === 'none' ? NO_LEASE : leaseQuestion(body);
    if (this.#streamCount >= STREAMS_MAX) {
      throw new ConsoleError('too-many-streams');
    }
    this.#streamCount += 1;
    try {
      await new LeaseStream({
        stream: new EventStream(response, timing),
        feed: administration.watch(filter),
        digest: new ChangeDigest(({ holder }) => isWanted(holder)),
        administration,
        timing,
        isAllowed: () => access.hasPass(request),
        absence: (otherwise) =>
          status().role === 'leader' ? new ConsoleError(otherwise) : absence(status()),
      }).run();
    } finally {
      this.#streamCount -= 1;
    }
  }

  #errorOf(failure: unknown): ConsoleError {
    if (failure instanceof ConsoleError) {
      if (failure.code === 'fault') {
        this.#log(failure.cause);
      }
      return failure;
    }
    const status = this.#parts.status();
    if (status.role !== 'leader') {
      return absence(status);
    }
    this.#log(failure);
    return new ConsoleError('failing');
  }

  #log(failure: unknown): void {
    this.#parts.logger.error('A question of the console failed', {
      reason: failure instanceof Error ? failure.stack : String(failure),
    });
  }
}

function operator(request: IncomingMessage): Operator {
  return { door: 'console', peer: peerOf(request) };
}

function keysOf<Key extends string>(
  record: Readonly<Record<Key, unknown>>,
): readonly [Key, ...Key[]] {
  return Object.keys(record) as [Key, ...Key[]];
}

/** Endless times become null, as JSON has it. */
function sendJson(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(text);
}
