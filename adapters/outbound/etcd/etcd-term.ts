/**
 * Why: a term of leadership. It hangs on a lease in etcd, every write is a transaction that compares
 * the key on that lease, and the leader reckons by its own clock when the lease could be over.
 *
 * A lease's time begins anew, in etcd, at some moment after a renewal was asked for; so it has not
 * run out before `ttl` has passed since the asking
 * (https://etcd.io/docs/v3.4/learning/api/#lease-api).
 */
import {
  castGrpcError,
  type Etcd3,
  GRPCUnavailableError,
  type ICompare,
  type IKeyValue,
  type IRequestOp,
  type ITxnResponse,
} from 'etcd3';
import type { CallOptions } from '@grpc/grpc-js';
import type { Instant } from '../../../domain/instant.js';
import type { LeaderDescription } from '../../../ports/outbound/election.js';
import type { Alarm } from '../../../ports/outbound/clock.js';
import { StateStoreError, type Term } from '../../../ports/outbound/state-store.js';
import { etcdFailed, reasonOf } from './etcd-error.js';
import type { EtcdKeys } from './etcd-keys.js';
import type { EtcdMembers } from './etcd-members.js';
import { decodeLeader, encodeLeader, leaderInWords } from './leader-record.js';

export interface TermOptions {
  readonly members: EtcdMembers;
  readonly keys: EtcdKeys;
  /** How long the lease lasts; whole seconds. */
  readonly ttlMs: number;
  readonly leader: LeaderDescription;
}

/** Clocks of two machines may run apart by less than this part of the time to live. */
const SAFETY = 0.1;
/** So often in its time to live the lease is renewed. */
const RENEWALS = 3;
const RESIGN_TIMEOUT_MS = 1_000;

/** Leading → over, by `resign`, by what etcd says, or by the clock. */
export class EtcdTerm implements Term {
  readonly over: Promise<StateStoreError>;
  readonly #options: TermOptions;
  readonly #leaseId: string;
  readonly #ttlMs: number;
  /** Of the leader's key; no later leader's is the same. */
  readonly #createRevision: string;
  readonly #end = new AbortController();
  #endsAt: Instant;
  #renewalFailure: string | undefined;
  #renewal: Alarm | undefined;
  #ending: Alarm | undefined;

  private constructor(options: TermOptions, lease: Lease & { readonly createRevision: string }) {
    this.#options = options;
    this.#leaseId = lease.id;
    this.#ttlMs = lease.ttlMs;
    this.#createRevision = lease.createRevision;
    this.#endsAt = this.#endOf(lease.askedAt);
    this.over = new Promise((resolve) => {
      this.#end.signal.addEventListener('abort', () => resolve(this.#end.signal.reason));
    });
    this.#renewLater(lease.askedAt);
    this.#endLater();
  }

  /**
   * @param timeoutMs how long to try.
   * @throws StateStoreError `in-use` when another leads, `unavailable` when etcd does not answer.
   */
  static async begin(options: TermOptions, timeoutMs: number): Promise<EtcdTerm> {
    const { members } = options;
    let lease: Lease | undefined;
    try {
      lease = await grantLease(options, timeoutMs);
      const createRevision = await takeLead(options, lease.id, timeoutMs);
      return new EtcdTerm(options, { ...lease, createRevision });
    } catch (error) {
      if (lease !== undefined) {
        await revokeLease(members, lease.id);
      }
      throw etcdFailed('unavailable', {
        endpoints: members.endpoints,
        doing: 'does not let this server lead',
        error,
      });
    }
  }

  /** By then it has asked etcd who leads, or is over. */
  get blindMs(): number {
    return this.#ttlMs;
  }

  /** Aborted, with why, when the term is over. */
  get end(): AbortSignal {
    return this.#end.signal;
  }

  whyOver(): StateStoreError | undefined {
    if (!this.#end.signal.aborted && this.#options.members.clock.now() >= this.#endsAt) {
      this.#finish(this.#notRenewed());
    }
    return this.#end.signal.reason;
  }

  /**
   * Keeps all of it, or nothing because the term is over; asked twice, the second time changes nothing.
   * @returns undefined if one of `compares` does not hold, and then what is in `otherwise`.
   * @throws StateStoreError `deposed` when the term is over, `write-failed` for what etcd refuses.
   */
  async commit({
    operations,
    compares = [],
    otherwise = [],
  }: {
    readonly operations: IRequestOp[];
    readonly compares?: ICompare[];
    readonly otherwise?: IRequestOp[];
  }): Promise<ITxnResponse> {
    const { members, keys } = this.#options;
    const guard: ICompare = {
      key: keys.leader,
      target: 'Create',
      result: 'Equal',
      create_revision: this.#createRevision,
    };
    const request = {
      compare: [guard, ...compares],
      success: operations,
      failure: [{ request_range: { key: keys.leader } }, ...otherwise],
    };
    let response: ITxnResponse;
    try {
      response = await members.ask((etcd, options) => etcd.kv.txn(request, options), {
        signal: this.#end.signal,
      });
    } catch (error) {
      throw etcdFailed('write-failed', {
        endpoints: members.endpoints,
        doing: 'did not keep what it was given',
        error,
      });
    }
    if (!response.succeeded) {
      const leader = response.responses[0]?.response_range.kvs[0];
      if (!this.#isOwn(leader)) {
        throw this.#depose(leader);
      }
    }
    return response;
  }

  /** Whether the term goes on by what etcd says now, which the clock alone cannot tell. Throws as `commit` does. */
  async verify(): Promise<void> {
    await this.commit({ operations: [] });
  }

  /** Ends the term and lets the next one begin, if etcd can be told of it. Never rejects. */
  async resign(): Promise<void> {
    const wasDeposed = this.#end.signal.aborted;
    this.#finish(new StateStoreError('closed', 'This server has stepped down as the leader.'));
    if (!wasDeposed) {
      await revokeLease(this.#options.members, this.#leaseId);
    }
  }

  #isOwn(leader: IKeyValue | undefined): boolean {
    return leader?.create_revision === this.#createRevision;
  }

  #depose(leader: IKeyValue | undefined): StateStoreError {
    const who =
      leader === undefined
        ? 'its lease in etcd is over'
        : `${leaderInWords(decodeLeader(leader.value))} leads now`;
    return this.#finish(
      new StateStoreError('deposed', `This server does not lead any more: ${who}.`),
    );
  }

  /** @returns why the term is over, which may be something earlier. */
  #finish(reason: StateStoreError): StateStoreError {
    if (!this.#end.signal.aborted) {
      this.#renewal?.cancel();
      this.#ending?.cancel();
      this.#end.abort(reason);
    }
    return this.#end.signal.reason;
  }

  #endOf(askedAt: Instant): Instant {
    return askedAt + this.#ttlMs * (1 - SAFETY);
  }

  #renewLater(askedAt: Instant): void {
    const { clock } = this.#options.members;
    this.#renewal = clock.setAlarm(askedAt + this.#ttlMs / RENEWALS, () => this.#renew());
  }

  /** Asks until there is an answer or the term is over. */
  #renew(): void {
    const { members } = this.#options;
    const askedAt = members.clock.now();
    members
      .ask((etcd, options) => this.#renewBy(etcd, options), { signal: this.#end.signal })
      .then(
        (renewal) => this.#takeRenewal(renewal, askedAt),
        (error: unknown) => {
          // Over already, or etcd refuses to renew: then the clock ends the term, as if etcd were silent.
          this.#renewalFailure = reasonOf(error);
        },
      );
  }

  /**
   * A member renews a lease by itself. One whose disk hangs, or that is cut off, takes itself for etcd's leader when the others have
   * another one, and goes on renewing what ran out there (https://github.com/etcd-io/etcd/issues/15247). So it is asked first
   * for what takes a majority. If etcd's leader changes after that, the next one lends all leases anew, for their whole time.
   */
  async #renewBy(etcd: Etcd3, options: CallOptions): Promise<Renewal> {
    const { kvs } = await etcd.kv.range({ key: this.#options.keys.leader }, options);
    return this.#isOwn(kvs[0])
      ? { ttlMs: await keepAlive(etcd, this.#leaseId, options) }
      : { ttlMs: 0, leader: kvs[0] };
  }

  #takeRenewal({ ttlMs, leader }: Renewal, askedAt: Instant): void {
    if (ttlMs <= 0) {
      this.#depose(leader);
    } else if (this.whyOver() === undefined) {
      this.#endsAt = this.#endOf(askedAt);
      this.#renewLater(askedAt);
    }
  }

  #endLater(): void {
    const { members } = this.#options;
    this.#ending = members.clock.setAlarm(this.#endsAt, () => {
      if (this.whyOver() === undefined) {
        this.#endLater();
      }
    });
  }

  #notRenewed(): StateStoreError {
    const { endpoints } = this.#options.members;
    const reason = this.#renewalFailure === undefined ? '' : ` (${this.#renewalFailure})`;
    return new StateStoreError(
      'deposed',
      `etcd at ${endpoints.join(', ')} has not renewed the lease of this leader in time${reason}: ` +
        'another server may lead by now. See that etcd runs and can be reached.',
    );
  }
}

interface Renewal {
  /** How long the lease is good for; 0 if the term is over. */
  readonly ttlMs: number;
  /** Who leads instead, if anyone does. */
  readonly leader?: IKeyValue | undefined;
}

interface Lease {
  readonly id: string;
  readonly ttlMs: number;
  /** Its time to live begins no sooner. */
  readonly askedAt: Instant;
}

async function grantLease({ members, ttlMs }: TermOptions, timeoutMs: number): Promise<Lease> {
  const askedAt = members.clock.now();
  const { ID: id, TTL: seconds } = await members.ask(
    (etcd, options) => etcd.leaseClient.leaseGrant({ TTL: Math.ceil(ttlMs / 1_000) }, options),
    { timeoutMs },
  );
  // etcd may lend it for longer; to reckon with less than that is safe.
  return { id, ttlMs: Math.min(ttlMs, Number(seconds) * 1_000), askedAt };
}

/** @returns the revision that made the leader's key ours. @throws StateStoreError `in-use`. */
async function takeLead(
  { members, keys, leader }: TermOptions,
  leaseId: string,
  timeoutMs: number,
): Promise<string> {
  const { succeeded, header, responses } = await members.ask(
    (etcd, options) =>
      etcd.kv.txn(
        {
          compare: [{ key: keys.leader, target: 'Create', result: 'Equal', create_revision: 0 }],
          success: [
            { request_put: { key: keys.leader, value: encodeLeader(leader), lease: leaseId } },
          ],
          failure: [{ request_range: { key: keys.leader } }],
        },
        options,
      ),
    { timeoutMs },
  );
  if (succeeded) {
    return header.revision;
  }
  const present = responses[0]?.response_range.kvs[0];
  // An earlier attempt, whose answer was lost, may have been the one that succeeded.
  if (present?.lease === leaseId) {
    return present.create_revision;
  }
  const who = present === undefined ? 'Another server' : leaderInWords(decodeLeader(present.value));
  throw new StateStoreError(
    'in-use',
    `${who} leads on ${keys.leader.toString()} in etcd; this one may stand by and take over when it ends.`,
  );
}

/** A lease that cannot be revoked runs out by itself. */
export async function revokeLease(members: EtcdMembers, leaseId: string): Promise<void> {
  await members
    .ask((etcd, options) => etcd.leaseClient.leaseRevoke({ ID: leaseId }, options), {
      timeoutMs: RESIGN_TIMEOUT_MS,
    })
    .catch(() => undefined);
}

/** @returns how many milliseconds the lease is good for from some moment after the call; 0 if it is over. */
async function keepAlive(etcd: Etcd3, leaseId: string, options: CallOptions): Promise<number> {
  const stream = await etcd.leaseClient.leaseKeepAlive(options);
  try {
    return await new Promise((resolve, reject) => {
      stream.on('data', ({ TTL: seconds }) => resolve(Number(seconds) * 1_000));
      // Of calls the library itself says which kind of failure it was, of streams it does not.
      stream.on('error', (error) => reject(castGrpcError(error)));
      stream.on('end', () => reject(new GRPCUnavailableError('the stream of renewals ended')));
      stream.write({ ID: leaseId });
    });
  } finally {
    stream.end();
  }
}
