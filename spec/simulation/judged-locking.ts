/** Why: the oracle hears what doors ask of the service and what they are answered; the doors do not notice. */
import type { LockService } from '../../domain/lock-service.js';
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
import type { Oracle } from './oracle.js';

export class JudgedLocking implements Locking {
  readonly #service: LockService;
  readonly #oracle: Oracle;

  constructor(service: LockService, oracle: Oracle) {
    this.#service = service;
    this.#oracle = oracle;
  }

  get hasFailed(): boolean {
    return this.#service.hasFailed;
  }

  openSession(opening: SessionOpening): OpenSessionAnswer {
    return this.#service.openSession(opening);
  }

  touchSession(sessionId: string): boolean {
    return this.#service.touchSession(sessionId);
  }

  openStreamSession(opening: StreamSessionOpening): Promise<OpenSessionAnswer> {
    return this.#service.openStreamSession(opening);
  }

  async resumeSession(resumption: SessionResumption): Promise<ResumeSessionAnswer> {
    const now = this.#service.now();
    const answer = await this.#service.resumeSession(resumption);
    if (answer.kind === 'resumed') {
      this.#oracle.sessionResumed(resumption.sessionId, now);
    }
    return answer;
  }

  detachSession(sessionId: string): void {
    this.#service.detachSession(sessionId);
  }

  endSession(sessionId: string, cause: SessionEnding): Promise<boolean> {
    return this.#oracle.leaves({ sessionId }, () => this.#service.endSession(sessionId, cause));
  }

  acquire(request: AcquireRequest): Acquisition {
    const oracle = this.#oracle;
    const acquisition = this.#service.acquire(request);
    const factCount = oracle.factCount;
    const { key, answer } = acquisition;
    const isWaiting = acquisition.decision === undefined;
    if (isWaiting) {
      const { name, sessionId, waitMs } = request;
      oracle.asked({ key, name, sessionId, waitUntil: this.#service.now() + waitMs });
    }
    answer.then(
      (outcome) => {
        oracle.isOver(key);
        if (outcome.kind === 'granted') {
          oracle.answered('granted', outcome.key, 0);
        } else if (!isWaiting) {
          oracle.refused(`the request ${key}`, factCount);
        }
      },
      () => oracle.isOver(key),
    );
    const withdraw = () => oracle.leaves({ key }, () => acquisition.withdraw());
    return { key, answer, withdraw };
  }

  release(request: ReleaseRequest): Promise<ReleaseAnswer> {
    return this.#judged('released', request, () => this.#service.release(request));
  }

  renew(request: RenewRequest): Promise<RenewAnswer> {
    return this.#judged('renewed', request, () => this.#service.renew(request));
  }

  check(request: CheckRequest): Promise<CheckAnswer> {
    return this.#service.check(request);
  }

  async #judged<Answer extends { readonly kind: string }>(
    what: 'released' | 'renewed',
    { key }: { readonly key: string },
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    const askedFrom = this.#oracle.factCount;
    const answering = ask();
    const factCount = this.#oracle.factCount;
    const answer = await answering;
    if (answer.kind === what) {
      this.#oracle.answered(what, key, askedFrom);
    } else {
      this.#oracle.refused(`to be ${what}, ${key},`, factCount);
    }
    return answer;
  }
}
