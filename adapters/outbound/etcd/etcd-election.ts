/** Why: how one of several servers comes to lead: by a key in etcd that is there as long as its leader. */
import type { CallOptions } from '@grpc/grpc-js';
import { castGrpcError, type Etcd3, GRPCUnavailableError, type IKeyValue } from 'etcd3';
import type { Clock } from '../../../ports/outbound/clock.js';
import type {
  Cancellation,
  Election,
  LeaderDescription,
} from '../../../ports/outbound/election.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import { StateStoreError } from '../../../ports/outbound/state-store.js';
import { etcdFailed } from './etcd-error.js';
import { EtcdKeys } from './etcd-keys.js';
import { type EtcdAccess, EtcdMembers } from './etcd-members.js';
import { EtcdStateStore } from './etcd-state-store.js';
import { revokeLease } from './etcd-term.js';
import { decodeLeader } from './leader-record.js';

export interface EtcdElectionOptions {
  readonly access: EtcdAccess;
  /** Under which everything stands, such as `/ldlm`. */
  readonly prefix: string;
  /** How long a leader that died is waited for; whole seconds, 2 s or more. */
  readonly leaderTtlMs: number;
  /** Of this server. */
  readonly leader: LeaderDescription;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 4 Mi characters unless given. */
  readonly compactionMinLength?: number;
  /** 256 Ki characters unless given: 768 KiB of UTF-8 at most, of the 1.5 MiB that etcd takes. */
  readonly recordLengthMax?: number;
}

/** The first version of etcd whose leases outlive a change of etcd's own leader as we rely on. */
const VERSION_MIN = [3, 4] as const;
/** A member that is silent for this part of the time to live is asked no longer alone. */
const HEDGES = 4;
const ATTEMPTS = 2;
/** So often a standby looks by itself, were a watch ever to miss something. */
const LOOK_INTERVAL_MS_MAX = 2_000;

export class EtcdElection implements Election {
  readonly #options: EtcdElectionOptions;
  readonly #members: EtcdMembers;
  readonly #keys: EtcdKeys;
  #isVersionKnown = false;

  constructor(options: EtcdElectionOptions) {
    this.#options = options;
    this.#keys = new EtcdKeys(options.prefix);
    const { leaderTtlMs } = options;
    const patience = { hedgeMs: leaderTtlMs / HEDGES, attemptMs: leaderTtlMs / ATTEMPTS };
    this.#members = new EtcdMembers(options.access, patience, options.clock);
  }

  newStore(): EtcdStateStore {
    const { logger, leaderTtlMs, leader, compactionMinLength, recordLengthMax } = this.#options;
    return new EtcdStateStore({
      members: this.#members,
      keys: this.#keys,
      logger,
      leader,
      ttlMs: leaderTtlMs,
      openTimeoutMs: leaderTtlMs,
      compactionMinLength: compactionMinLength ?? 4 * 1024 * 1024,
      recordLengthMax: recordLengthMax ?? 256 * 1024,
    });
  }

  async vacancy(
    onLeader: (leader: LeaderDescription) => void,
    signal: Cancellation,
  ): Promise<void> {
    try {
      await this.#checkVersion(signal);
      let leaderRevision = '';
      for (;;) {
        const { leader, revision } = await this.#look(signal);
        if (leader === undefined) {
          return;
        }
        const description = decodeLeader(leader.value);
        if (leader.create_revision !== leaderRevision) {
          leaderRevision = leader.create_revision;
          onLeader(description);
        }
        await this.#takeBack(description, leader.lease);
        signal.throwIfAborted();
        await this.#whenChanged(Number(revision) + 1, signal);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw etcdFailed('unavailable', {
        endpoints: this.#members.endpoints,
        doing: 'does not say who leads',
        error,
      });
    }
  }

  close(): void {
    this.#members.close();
  }

  async #look(
    signal: Cancellation,
  ): Promise<{ readonly leader: IKeyValue | undefined; readonly revision: string }> {
    const { kvs, header } = await this.#members.ask(
      (etcd, options) => etcd.kv.range({ key: this.#keys.leader }, options),
      { signal, timeoutMs: this.#options.leaderTtlMs },
    );
    return { leader: kvs[0], revision: header.revision };
  }

  /** A term of this very server's that etcd could not be told the end of need not run out by itself; told again at each look. */
  async #takeBack({ id }: LeaderDescription, leaseId: string): Promise<void> {
    if (id === this.#options.leader.id) {
      await revokeLease(this.#members, leaseId);
    }
  }

  /**
   * Resolves when the leader's key changes from that revision on, or may have, or it is time to look
   * again anyway. Never rejects: whoever looks again is told of trouble.
   */
  async #whenChanged(revision: number, signal: Cancellation): Promise<void> {
    const { clock, leaderTtlMs } = this.#options;
    const watch = new AbortController();
    const stop = (): void => watch.abort();
    signal.addEventListener('abort', stop);
    const intervalMs = Math.min(LOOK_INTERVAL_MS_MAX, leaderTtlMs / 2);
    const alarm = clock.setAlarm(clock.now() + intervalMs, stop);
    try {
      await this.#members.ask(
        (etcd) => changeOf(etcd, { key: this.#keys.leader, revision, signal: watch.signal }),
        { signal: watch.signal, isSilenceFine: true },
      );
    } catch {
      // Aborted, or no member has it watch: it is time to look again when the alarm rings.
      await untilAborted(watch.signal);
    } finally {
      alarm.cancel();
      signal.removeEventListener('abort', stop);
      watch.abort();
    }
  }

  async #checkVersion(signal: Cancellation): Promise<void> {
    if (this.#isVersionKnown) {
      return;
    }
    const { version } = await this.#members.ask(
      (etcd, options: CallOptions) => etcd.maintenance.status(options),
      { signal, timeoutMs: this.#options.leaderTtlMs },
    );
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1])) {
      throw new StateStoreError(
        'refused',
        `etcd at ${this.#members.endpoints.join(', ')} is version ${version}; version ` +
          `${VERSION_MIN.join('.')} or later is needed. Upgrade etcd.`,
      );
    }
    this.#isVersionKnown = true;
  }
}

/**
 * Resolves when the key was changed from that revision on, or the answer is of no use any more.
 * @throws what ends the watch before: another member may let it go on.
 */
async function changeOf(
  etcd: Etcd3,
  {
    key,
    revision,
    signal,
  }: { readonly key: Buffer; readonly revision: number; readonly signal: AbortSignal },
): Promise<void> {
  const stream = await etcd.watchClient.watch();
  const broken = new Promise<never>((_, reject) => {
    const end = (why: string): void => reject(new GRPCUnavailableError(`the watch ended: ${why}`));
    stream.on('error', (error) => reject(castGrpcError(error)));
    stream.on('end', () => end('its stream did'));
    stream.on('data', ({ canceled, cancel_reason }) => canceled && end(cancel_reason));
  });
  const changed = new Promise<void>((resolve) => {
    stream.on('data', ({ events }) => events.length > 0 && resolve());
  });
  try {
    stream.write({ create_request: { key, start_revision: revision } });
    await Promise.race([changed, broken, untilAborted(signal)]);
  } finally {
    stream.cancel();
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve());
  });
}
