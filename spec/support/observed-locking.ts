/** A Locking that passes everything on and tells specs when it was asked: an event to wait for in place of a sleep. */
import type { SessionEnding } from '../../domain/session.js';
import type {
  AcquireRequest,
  Acquisition,
  CheckAnswer,
  CheckRequest,
  Locking,
  OpenSessionAnswer,
  ReleaseAnswer,
  ReleaseRequest,
  RenewAnswer,
  RenewRequest,
  ResumeSessionAnswer,
  SessionOpening,
  SessionResumption,
  StreamSessionOpening,
} from '../../ports/inbound/locking.js';

export type LockingEvent =
  | 'acquire'
  | 'withdraw'
  | 'release'
  | 'renew'
  | 'openSession'
  | 'touchSession'
  | 'endSession'
  | 'openStreamSession'
  | 'resumeSession'
  | 'detachSession'
  | 'check';

export class ObservedLocking implements Locking {
  readonly #inner: Locking;
  readonly #seen = new Map<LockingEvent, number>();
  #listeners: (() => void)[] = [];

  constructor(inner: Locking) {
    this.#inner = inner;
  }

  /** Resolves once that has happened `count` times in all. */
  async until(event: LockingEvent, count: number): Promise<void> {
    while (this.countOf(event) < count) {
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  countOf(event: LockingEvent): number {
    return this.#seen.get(event) ?? 0;
  }

  get hasFailed(): boolean {
    return this.#inner.hasFailed;
  }

  openSession(opening: SessionOpening): OpenSessionAnswer {
    const answer = this.#inner.openSession(opening);
    this.#tell('openSession');
    return answer;
  }

  touchSession(sessionId: string): boolean {
    const isAlive = this.#inner.touchSession(sessionId);
    this.#tell('touchSession');
    return isAlive;
  }

  endSession(sessionId: string, cause: SessionEnding): Promise<boolean> {
    const answer = this.#inner.endSession(sessionId, cause);
    this.#tell('endSession');
    return answer;
  }

  openStreamSession(opening: StreamSessionOpening): Promise<OpenSessionAnswer> {
    const answer = this.#inner.openStreamSession(opening);
    this.#tell('openStreamSession');
    return answer;
  }

  resumeSession(resumption: SessionResumption): Promise<ResumeSessionAnswer> {
    const answer = this.#inner.resumeSession(resumption);
    this.#tell('resumeSession');
    return answer;
  }

  detachSession(sessionId: string): void {
    this.#inner.detachSession(sessionId);
    this.#tell('detachSession');
  }

  check(request: CheckRequest): Promise<CheckAnswer> {
    const answer = this.#inner.check(request);
    this.#tell('check');
    return answer;
  }

  acquire(request: AcquireRequest): Acquisition {
    const acquisition = this.#inner.acquire(request);
    this.#tell('acquire');
    return {
      key: acquisition.key,
      answer: acquisition.answer,
      withdraw: () => {
        acquisition.withdraw();
        this.#tell('withdraw');
      },
    };
  }

  release(request: ReleaseRequest): Promise<ReleaseAnswer> {
    const answer = this.#inner.release(request);
    this.#tell('release');
    return answer;
  }

  renew(request: RenewRequest): Promise<RenewAnswer> {
    const answer = this.#inner.renew(request);
    this.#tell('renew');
    return answer;
  }

  #tell(event: LockingEvent): void {
    this.#seen.set(event, this.countOf(event) + 1);
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) {
      listener();
    }
  }
}
