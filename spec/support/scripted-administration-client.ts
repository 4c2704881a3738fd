/** A server as the command line sees it: it holds what its fields hold, and answers as they say. */
import type { AdministrationClient } from '../../adapters/inbound/cli/administration-client.js';
import type {
  HolderDescription,
  LockDescription,
  LockPart,
  ServerStats,
  SessionDescription,
} from '../../domain/descriptions.js';
import { type HolderFilter, holderTest } from '../../domain/holder-filter.js';
import type { HolderNews } from '../../domain/holder-watch.js';
import type {
  KickAnswer,
  RevokeAllAnswer,
  RevokeAnswer,
  RevokeRequest,
} from '../../ports/inbound/administration.js';
import { someStats } from './some-holder.js';

const NOW = 1_060_000;

export class ScriptedAdministrationClient implements AdministrationClient {
  held: readonly HolderDescription[] = [];
  parts: readonly LockPart[] = [];
  present: readonly SessionDescription[] = [];
  news: (signal: AbortSignal) => AsyncIterable<HolderNews> = async function* () {};
  counts: ServerStats = someStats();
  locks: readonly LockDescription[] = [];
  answer: RevokeAnswer = { kind: 'revoked', key: 'k' };
  answerToAll: RevokeAllAnswer = { kind: 'revoked-many', count: 2 };
  answerToKick: KickAnswer = {
    kind: 'kicked',
    sessionId: 's1',
    session: 'rest 127.0.0.1:5',
    leaseCount: 1,
    waiterCount: 0,
  };
  failure: Error | undefined;
  readonly unlocked: RevokeRequest[] = [];
  isClosed = false;

  async *holders(filter: HolderFilter): ReturnType<AdministrationClient['holders']> {
    this.#failIfTold();
    const test = holderTest(filter);
    for (const holder of this.held.filter(test)) {
      yield { holders: [holder] };
    }
    yield { holders: [], now: NOW };
  }

  async *lock(name: string): AsyncGenerator<LockPart> {
    this.#failIfTold();
    const [first] = this.parts;
    if (first?.kind === 'lock' && first.lock.name === name) {
      yield* this.parts;
    }
  }

  async *sessions(): ReturnType<AdministrationClient['sessions']> {
    this.#failIfTold();
    for (const session of this.present) {
      yield { sessions: [session], now: NOW };
    }
  }

  async *watch(
    _filter: HolderFilter,
    signal: AbortSignal,
  ): ReturnType<AdministrationClient['watch']> {
    this.#failIfTold();
    for await (const news of this.news(signal)) {
      yield { ...news, now: NOW };
    }
  }

  async stats(): Promise<ServerStats> {
    this.#failIfTold();
    return this.counts;
  }

  async busiest(count: number): Promise<readonly LockDescription[]> {
    this.#failIfTold();
    return this.locks.slice(0, count);
  }

  async unlock(request: RevokeRequest): Promise<RevokeAnswer> {
    this.#failIfTold();
    this.unlocked.push(request);
    return this.answer;
  }

  async unlockAll(_name: string): Promise<RevokeAllAnswer> {
    this.#failIfTold();
    return this.answerToAll;
  }

  async kick(_sessionId: string): Promise<KickAnswer> {
    this.#failIfTold();
    return this.answerToKick;
  }

  close(): void {
    this.isClosed = true;
  }

  #failIfTold(): void {
    if (this.failure !== undefined) {
      throw this.failure;
    }
  }
}
