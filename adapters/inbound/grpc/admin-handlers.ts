/** Why: translates the wire's words on administration into the port's, and lets in no more than it bears; decides nothing itself. */
import {
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { HolderDescription } from '../../../domain/descriptions.js';
import { NAME_PATTERN_LENGTH_MAX } from '../../../domain/holder-filter.js';
import type { Operator } from '../../../domain/operator.js';
import type { Owner } from '../../../domain/owner.js';
import type { Administration } from '../../../ports/inbound/administration.js';
import type { AdminHandlers } from '../../../proto/generated/ldlm/admin/Admin.js';
import type { ChangePage } from '../../../proto/generated/ldlm/admin/ChangePage.js';
import type { HolderPage } from '../../../proto/generated/ldlm/admin/HolderPage.js';
import type { KickResponse } from '../../../proto/generated/ldlm/admin/KickResponse.js';
import type { ListHoldersRequest__Output } from '../../../proto/generated/ldlm/admin/ListHoldersRequest.js';
import type { LockPart } from '../../../proto/generated/ldlm/admin/LockPart.js';
import type { SessionPage } from '../../../proto/generated/ldlm/admin/SessionPage.js';
import type { UnlockRequest__Output } from '../../../proto/generated/ldlm/admin/UnlockRequest.js';
import type { UnlockResponse } from '../../../proto/generated/ldlm/admin/UnlockResponse.js';
import {
  toChange,
  toFilter,
  toHolder,
  toLock,
  toSession,
  toStats,
  toWaiter,
} from './admin-messages.js';
import { cutByBytes, PageStream } from './page-stream.js';
import { refusalToAdmin } from './refusal-to-admin.js';

export interface AdminHandlersOptions {
  /** undefined: nobody may administer by this door. */
  readonly administration: Administration | undefined;
  /** How long a client may take to take a page. */
  readonly pageTimeoutMs: number;
  /** The longest page, but for one with a single entry that is longer. */
  readonly pageBytesMax: number;
  /** Who asks by the connection of that name. */
  readonly operatorOf: (connection: string) => Operator;
  /** The session of the connection of that name. */
  readonly sessionIdOf: (connection: string) => string | undefined;
  /** Cuts the connection of a client that does not take its pages. */
  readonly cutConnection: (connection: string) => void;
}

/** Calls under way at once: each may look through everything there is. */
export const ADMIN_CALLS_MAX = 64;

/** The most locks that `Busiest` tells. */
const BUSIEST_MAX = 100;

/** Thrown to answer a call with a status. */
class AdminStatus extends Error {
  constructor(
    readonly code: status,
    readonly details: string,
  ) {
    super(details);
  }
}

const OFF = new AdminStatus(
  status.PERMISSION_DENIED,
  'remote administration is off on this server; start it with --remote_admin, or use ldlm-lock on its own machine',
);
const CROWDED = new AdminStatus(
  status.RESOURCE_EXHAUSTED,
  'as many administration calls as the server takes are under way; try again shortly',
);
const STOPPING = new AdminStatus(
  status.UNAVAILABLE,
  'the server is stopping; ask again when it is back',
);
const FAILED = new AdminStatus(
  status.UNAVAILABLE,
  'the server cannot keep its state and stops; what was asked may have taken effect or not',
);
const OWN_SESSION = new AdminStatus(
  status.FAILED_PRECONDITION,
  'that is the session of the connection by which you ask; end it by leaving',
);

type Pages<Page> = (stream: PageStream<Page>, administration: Administration) => Promise<void>;

export function adminHandlers(options: AdminHandlersOptions): AdminHandlers {
  const gate = new AdminGate(options);
  const { pageBytesMax } = options;
  return {
    ListHolders: (call) => gate.stream(call, listHolders(call.request, pageBytesMax)),
    ShowLock: (call) => gate.stream(call, showLock(call.request.name ?? '', pageBytesMax)),
    ListSessions: (call) => gate.stream(call, listSessions(pageBytesMax)),
    Watch: (call) => gate.stream(call, watch(call.request, pageBytesMax)),
    Stats: (call, answer) => gate.answer(call, answer, async (port) => toStats(await port.stats())),
    Busiest: (call, answer) =>
      gate.answer(call, answer, async (port) => {
        const count = Math.min(Math.max(call.request.count ?? 1, 1), BUSIEST_MAX);
        return { locks: (await port.busiest(count)).map(toLock) };
      }),
    Unlock: (call, answer) =>
      gate.answer(call, answer, (port, by) => unlock(call.request, port, by)),
    Kick: (call, answer) =>
      gate.answer(call, answer, async (port, by): Promise<KickResponse> => {
        const { session_id: sessionId = '' } = call.request;
        if (sessionId === options.sessionIdOf(call.getPeer())) {
          throw OWN_SESSION;
        }
        const kicked = await port.kick(sessionId, by);
        return kicked.kind === 'refused'
          ? { refusal: refusalToAdmin(kicked.code) }
          : {
              session: kicked.session,
              lease_count: kicked.leaseCount,
              waiter_count: kicked.waiterCount,
            };
      }),
  };
}

/** What every call of the service must pass, and the one place where what goes wrong becomes a status. */
class AdminGate {
  readonly #options: AdminHandlersOptions;
  #callCount = 0;

  constructor(options: AdminHandlersOptions) {
    this.#options = options;
  }

  answer<Request extends { says?: string } | object, Response>(
    call: ServerUnaryCall<Request, Response>,
    answer: sendUnaryData<Response>,
    act: (administration: Administration, by: Operator) => Promise<Response>,
  ): void {
    const { says } = call.request as { says?: string };
    const by = { ...this.#options.operatorOf(call.getPeer()), ...(says !== undefined && { says }) };
    this.#admit((administration) => act(administration, by)).then(
      (response) => answer(null, response),
      (error: unknown) => answer(statusOf(error)),
    );
  }

  stream<Request, Page>(call: ServerWritableStream<Request, Page>, pages: Pages<Page>): void {
    const { pageTimeoutMs, cutConnection } = this.#options;
    const connection = call.getPeer();
    const stream = new PageStream<Page>(call, {
      pageTimeoutMs,
      onStall: () => cutConnection(connection),
    });
    this.#admit((administration) => pages(stream, administration)).then(
      () => call.end(),
      (error: unknown) => call.emit('error', statusOf(error)),
    );
  }

  async #admit<Result>(act: (administration: Administration) => Promise<Result>): Promise<Result> {
    const { administration } = this.#options;
    if (administration === undefined) {
      throw OFF;
    }
    if (this.#callCount >= ADMIN_CALLS_MAX) {
      throw CROWDED;
    }
    this.#callCount += 1;
    try {
      return await act(administration);
    } finally {
      this.#callCount -= 1;
    }
  }
}

function listHolders(request: ListHoldersRequest__Output, bytesMax: number): Pages<HolderPage> {
  return async (stream, administration) => {
    for await (const page of administration.holders(checkedFilter(request))) {
      for (const holders of cutByBytes(page, bytesMax, textsOfHolder)) {
        if (!(await stream.write({ holders: holders.map(toHolder) }))) {
          return;
        }
      }
    }
    await stream.write({ now: administration.now() });
  };
}

function showLock(name: string, bytesMax: number): Pages<LockPart> {
  return async (stream, administration) => {
    for await (const part of administration.lock(name)) {
      for (const message of lockParts(part, bytesMax)) {
        if (!(await stream.write(message))) {
          return;
        }
      }
    }
  };
}

type Part = Administration['lock'] extends (name: string) => AsyncIterable<infer One> ? One : never;

function* lockParts(part: Part, bytesMax: number): Generator<LockPart, void, undefined> {
  switch (part.kind) {
    case 'lock':
      yield { lock: toLock(part.lock), now: part.now };
      return;
    case 'holders':
      for (const holders of cutByBytes(part.holders, bytesMax, textsOfHolder)) {
        yield { holders: holders.map(toHolder) };
      }
      return;
    case 'waiters':
      for (const waiters of cutByBytes(part.waiters, bytesMax, (one) => [
        one.sessionId,
        one.session,
        ...wordsOf(one.owner),
      ])) {
        yield { waiters: waiters.map(toWaiter) };
      }
      return;
  }
}

function listSessions(bytesMax: number): Pages<SessionPage> {
  return async (stream, administration) => {
    for await (const page of administration.sessions()) {
      for (const sessions of cutByBytes(page, bytesMax, (one) => [
        one.sessionId,
        one.kind,
        one.peer,
        ...wordsOf(one.owner),
      ])) {
        if (
          !(await stream.write({ sessions: sessions.map(toSession), now: administration.now() }))
        ) {
          return;
        }
      }
    }
  };
}

function watch(request: ListHoldersRequest__Output, bytesMax: number): Pages<ChangePage> {
  return async (stream, administration) => {
    const feed = administration.watch(checkedFilter(request));
    // Whoever goes while nothing happens would be waited for until something does.
    stream.onGone(() => feed.close());
    for await (const { isGap, changes } of feed) {
      const now = administration.now();
      let gap = isGap;
      const parts =
        changes.length === 0
          ? [changes]
          : cutByBytes(changes, bytesMax, ({ holder }) => textsOfHolder(holder));
      for (const part of parts) {
        if (!(await stream.write({ gap, changes: part.map(toChange), now }))) {
          return;
        }
        gap = false;
      }
    }
    throw STOPPING;
  };
}

async function unlock(
  { name = '', key, all = false }: UnlockRequest__Output,
  administration: Administration,
  by: Operator,
): Promise<UnlockResponse> {
  if (all && key !== undefined) {
    throw new AdminStatus(status.INVALID_ARGUMENT, 'give the key of one lease, or ask for all');
  }
  if (all) {
    const revoked = await administration.revokeAll(name, by);
    return revoked.kind === 'refused'
      ? { refusal: refusalToAdmin(revoked.code) }
      : { lease_count: revoked.count };
  }
  const revoked = await administration.revoke({ name, ...(key !== undefined && { key }) }, by);
  return revoked.kind === 'refused'
    ? { refusal: refusalToAdmin(revoked.code) }
    : { key: revoked.key, lease_count: 1 };
}

function checkedFilter(request: ListHoldersRequest__Output): ReturnType<typeof toFilter> {
  const filter = toFilter(request);
  if ((filter.namePattern?.length ?? 0) > NAME_PATTERN_LENGTH_MAX) {
    throw new AdminStatus(
      status.INVALID_ARGUMENT,
      `the pattern is longer than ${NAME_PATTERN_LENGTH_MAX} characters; shorten it`,
    );
  }
  return filter;
}

function textsOfHolder(holder: HolderDescription): readonly (string | undefined)[] {
  const { name, key, sessionId, session, owner } = holder;
  return [name, key, sessionId, session, ...wordsOf(owner)];
}

function wordsOf(owner: Owner = {}): readonly string[] {
  return Object.entries(owner).flat();
}

/** What the service rejects with means that it cannot vouch for its state. */
function statusOf(error: unknown): Partial<ServiceError> {
  const { code, details } = error instanceof AdminStatus ? error : FAILED;
  return { code, details };
}
