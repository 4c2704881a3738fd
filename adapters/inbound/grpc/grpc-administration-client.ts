/** Why: the operator's end of the network's door; what goes wrong is told with what to do about it. */
import {
  type ChannelCredentials,
  type ChannelOptions,
  type ClientReadableStream,
  connectivityState,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerStats,
  SessionDescription,
} from '../../../domain/descriptions.js';
import type { HolderFilter } from '../../../domain/holder-filter.js';
import type { HolderNews } from '../../../domain/holder-watch.js';
import type { Instant } from '../../../domain/instant.js';
import { type Refused, refused } from '../../../domain/refusal.js';
import type {
  KickAnswer,
  RevokeAllAnswer,
  RevokeAnswer,
  RevokeRequest,
} from '../../../ports/inbound/administration.js';
import type { AdminClient } from '../../../proto/generated/ldlm/admin/Admin.js';
import type { AdminRefusal__Output } from '../../../proto/generated/ldlm/admin/AdminRefusal.js';
import type { BusiestResponse__Output } from '../../../proto/generated/ldlm/admin/BusiestResponse.js';
import type { ChangePage__Output } from '../../../proto/generated/ldlm/admin/ChangePage.js';
import type { HolderPage__Output } from '../../../proto/generated/ldlm/admin/HolderPage.js';
import type { KickResponse__Output } from '../../../proto/generated/ldlm/admin/KickResponse.js';
import type { LockPart__Output } from '../../../proto/generated/ldlm/admin/LockPart.js';
import type { SessionPage__Output } from '../../../proto/generated/ldlm/admin/SessionPage.js';
import type { StatsResponse__Output } from '../../../proto/generated/ldlm/admin/StatsResponse.js';
import type { UnlockResponse__Output } from '../../../proto/generated/ldlm/admin/UnlockResponse.js';
import { loadAdminDefinition } from './admin-definition.js';
import {
  fromChange,
  fromFilter,
  fromHolder,
  fromLock,
  fromSession,
  fromStats,
  fromWaiter,
} from './admin-messages.js';
import { refusalFromAdmin } from './refusal-to-admin.js';

export interface GrpcAdministrationAccess {
  /** `host:port` of each server, at least one; the first that is reached is asked. */
  readonly addresses: readonly string[];
  readonly credentials: ChannelCredentials;
  readonly password?: string;
  /** Who asks, for the server's log. */
  readonly says?: string;
  /** How long a server may take to be connected to. */
  readonly connectMs: number;
  /** How long it may say nothing. */
  readonly silenceMs: number;
}

/** The server was not reached, or did not answer as it should. `message` is for the operator. */
export class GrpcAdministrationError extends Error {
  override readonly name = 'GrpcAdministrationError';
}

/** How long the reason may take for which no connection came about. */
const REASON_MS = 1_000;

/** The bytes of one page with the longest name there can be. */
const PAGE_BYTES_MAX = 128 * 1024 * 1024;

/** What goes wrong before a call is decided, and what to do. */
const EXPLANATIONS: ReadonlyMap<status, (address: string, details: string) => string> = new Map([
  [
    status.UNAUTHENTICATED,
    (address, details) =>
      details === 'missing credentials'
        ? `the server at ${address} asks for a password: give --password_file FILE, or set LDLM_PASSWORD`
        : `the server at ${address} has another password: see --password_file and LDLM_PASSWORD`,
  ],
  [
    status.UNIMPLEMENTED,
    (address) =>
      `the server at ${address} is older than this ldlm-lock, or none of LDLM's: upgrade it, or use ` +
      'ldlm-lock on its own machine, without --address',
  ],
  [
    status.UNAVAILABLE,
    (address, details) =>
      `the server at ${address} is gone, or stops (${details}): see with ldlm-lock list what was done, ` +
      'and try again',
  ],
  [
    status.DEADLINE_EXCEEDED,
    (address) =>
      `the server at ${address} has said nothing for too long. Is it stopped or overloaded?`,
  ],
]);

interface Reached {
  readonly address: string;
  readonly client: AdminClient;
}

/** Not connected ⇄ connected → closed. A server that is gone is looked for anew with the next call. */
export class GrpcAdministrationClient {
  readonly #access: GrpcAdministrationAccess;
  readonly #metadata = new Metadata();
  #reached: Promise<Reached> | undefined;

  constructor(access: GrpcAdministrationAccess) {
    this.#access = access;
    if (access.password !== undefined) {
      this.#metadata.set('authorization', access.password);
    }
  }

  /**
   * Leases that are wanted, in pages; the last one has the server's clock, by which all their instants are to be read.
   * Throws GrpcAdministrationError, as all methods do.
   */
  async *holders(
    filter: HolderFilter,
  ): AsyncGenerator<{ readonly holders: readonly HolderDescription[]; readonly now?: Instant }> {
    const pages = this.#pages<HolderPage__Output>((client, metadata) =>
      client.ListHolders(fromFilter(filter), metadata),
    );
    for await (const { holders = [], now } of pages) {
      yield { holders: holders.map(fromHolder), ...(now !== undefined && { now }) };
    }
  }

  /** What is known of a lock; nothing if it is not. */
  async *lock(name: string): AsyncGenerator<LockPart> {
    const parts = this.#pages<LockPart__Output>((client, metadata) =>
      client.ShowLock({ name }, metadata),
    );
    for await (const { lock, now = 0, holders, waiters } of parts) {
      if (lock) {
        yield { kind: 'lock', lock: fromLock(lock), now };
      }
      if (holders) {
        yield { kind: 'holders', holders: holders.map(fromHolder) };
      }
      if (waiters) {
        yield { kind: 'waiters', waiters: waiters.map(fromWaiter) };
      }
    }
  }

  /** Every session, in pages, with the server's clock. */
  async *sessions(): AsyncGenerator<{
    readonly sessions: readonly SessionDescription[];
    readonly now: Instant;
  }> {
    const pages = this.#pages<SessionPage__Output>((client, metadata) =>
      client.ListSessions({}, metadata),
    );
    for await (const { sessions = [], now = 0 } of pages) {
      yield { sessions: sessions.map(fromSession), now };
    }
  }

  /** Until the server stops, or `signal` says that it is enough. */
  async *watch(
    filter: HolderFilter,
    signal: AbortSignal,
  ): AsyncGenerator<HolderNews & { readonly now: Instant }> {
    try {
      const pages = this.#pages<ChangePage__Output>(
        (client, metadata) => client.Watch(fromFilter(filter), metadata),
        signal,
      );
      for await (const { gap = false, changes = [], now = 0 } of pages) {
        const known = changes.map(fromChange).filter((change) => change !== undefined);
        yield { isGap: gap, changes: known, now };
      }
    } catch (error) {
      if (signal.aborted || isStop(error)) {
        return;
      }
      throw error;
    }
  }

  async stats(): Promise<ServerStats> {
    return fromStats(
      await this.#call<StatsResponse__Output>((client, ...rest) => client.Stats({}, ...rest)),
    );
  }

  async busiest(count: number): Promise<readonly LockDescription[]> {
    const { locks = [] } = await this.#call<BusiestResponse__Output>((client, ...rest) =>
      client.Busiest({ count }, ...rest),
    );
    return locks.map(fromLock);
  }

  async unlock(request: RevokeRequest): Promise<RevokeAnswer> {
    const { refusal, key = '' } = await this.#call<UnlockResponse__Output>((client, ...rest) =>
      client.Unlock({ ...request, ...this.#saying }, ...rest),
    );
    return refusal === undefined ? { kind: 'revoked', key } : this.#refused(refusal);
  }

  async unlockAll(name: string): Promise<RevokeAllAnswer> {
    const { refusal, lease_count: count = 0 } = await this.#call<UnlockResponse__Output>(
      (client, ...rest) => client.Unlock({ name, all: true, ...this.#saying }, ...rest),
    );
    return refusal === undefined ? { kind: 'revoked-many', count } : this.#refused(refusal);
  }

  async kick(sessionId: string): Promise<KickAnswer> {
    const {
      refusal,
      session = '',
      lease_count: leaseCount = 0,
      waiter_count: waiterCount = 0,
    } = await this.#call<KickResponse__Output>((client, ...rest) =>
      client.Kick({ session_id: sessionId, ...this.#saying }, ...rest),
    );
    return refusal === undefined
      ? { kind: 'kicked', sessionId, session, leaseCount, waiterCount }
      : this.#refused(refusal);
  }

  close(): void {
    const reached = this.#reached;
    this.#reached = undefined;
    reached?.then(
      ({ client }) => client.close(),
      () => undefined,
    );
  }

  get #saying(): { readonly says?: string } {
    const { says } = this.#access;
    return says === undefined ? {} : { says };
  }

  #refused(refusal: AdminRefusal__Output): Refused {
    const code = refusalFromAdmin(refusal);
    if (code === undefined) {
      throw new GrpcAdministrationError(
        `the server refused with ${refusal}, which this ldlm-lock does not know: use the one that came with the server`,
      );
    }
    return refused(code);
  }

  async #call<Response>(
    start: (
      client: AdminClient,
      metadata: Metadata,
      options: { deadline: number },
      answer: (error: ServiceError | null, response?: Response) => void,
    ) => unknown,
  ): Promise<Response> {
    const { address, client } = await this.#connected();
    const deadline = Date.now() + this.#access.silenceMs;
    return new Promise((resolve, reject) => {
      start(client, this.#metadata, { deadline }, (error, response) => {
        if (error === null && response !== undefined) {
          resolve(response);
        } else {
          reject(this.#explained(error, address));
        }
      });
    });
  }

  async *#pages<Page>(
    start: (client: AdminClient, metadata: Metadata) => ClientReadableStream<Page>,
    signal?: AbortSignal,
  ): AsyncGenerator<Page> {
    const { address, client } = await this.#connected();
    const stream = start(client, this.#metadata);
    // It is told by the iteration, and once more when the call was cancelled.
    stream.on('error', () => undefined);
    const leave = () => stream.cancel();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      for await (const page of stream) {
        yield page as Page;
      }
    } catch (error) {
      throw this.#explained(error, address);
    } finally {
      signal?.removeEventListener('abort', leave);
      stream.cancel();
    }
  }

  #connected(): Promise<Reached> {
    this.#reached ??= this.#connect();
    return this.#reached;
  }

  async #connect(): Promise<Reached> {
    const { addresses, connectMs } = this.#access;
    const reasons: string[] = [];
    for (const address of addresses) {
      const client = this.#clientOf(address);
      if (await isReached(client, connectMs)) {
        return { address, client };
      }
      reasons.push(`${address}: ${await reasonOf(client)}`);
      client.close();
    }
    this.#reached = undefined;
    throw new GrpcAdministrationError(
      `no ldlm server was reached (${reasons.join('; ')}): see --address, and --use_tls if the server has TLS`,
    );
  }

  #clientOf(address: string): AdminClient {
    const { Client } = loadAdminDefinition();
    return new Client(address, this.#access.credentials, channelOptions(this.#access.silenceMs));
  }

  #explained(error: unknown, address: string): Error {
    const { code = status.UNKNOWN, details = String(error) } = (error ??
      {}) as Partial<ServiceError>;
    if (code === status.UNAVAILABLE) {
      this.close();
    }
    const sentence =
      EXPLANATIONS.get(code)?.(address, details) ?? `the server could not do it: ${details}`;
    return new GrpcAdministrationError(sentence, { cause: error });
  }
}

/** A server that is stopped without a word is found out by pings. */
function channelOptions(silenceMs: number): ChannelOptions {
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.keepalive_time_ms': Math.ceil(silenceMs / 2),
    'grpc.keepalive_timeout_ms': Math.ceil(silenceMs / 2),
    'grpc.keepalive_permit_without_calls': 0,
    'grpc.max_receive_message_length': PAGE_BYTES_MAX,
    'grpc.max_send_message_length': -1,
  };
}

async function isReached(client: AdminClient, connectMs: number): Promise<boolean> {
  const channel = client.getChannel();
  const deadline = Date.now() + connectMs;
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      return true;
    }
    if (state === connectivityState.TRANSIENT_FAILURE || Date.now() >= deadline) {
      return false;
    }
    await new Promise<void>((resolve) => {
      channel.watchConnectivityState(state, deadline, () => resolve());
    });
  }
}

/** A call on a channel that has no connection fails at once, with the reason why. */
function reasonOf(client: AdminClient): Promise<string> {
  return new Promise((resolve) => {
    client.Stats({}, new Metadata(), { deadline: Date.now() + REASON_MS }, (error) => {
      resolve(error?.details ?? 'it came too late');
    });
  });
}

function isStop(error: unknown): boolean {
  const { cause } = error as { cause?: Partial<ServiceError> };
  return cause?.code === status.UNAVAILABLE && (cause.details ?? '').startsWith(STOPPING_WORDS);
}

/** How a server ends what it is asked when it stops. */
const STOPPING_WORDS = 'the server is stopping';
