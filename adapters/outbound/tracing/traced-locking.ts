/** Why: tells what is asked of the locks, and says on the request's own span which lock it was and what came of it. */
import type { Span } from '@opentelemetry/api';
import { shortName } from '../../../domain/disclosure.js';
import type { SessionEnding } from '../../../domain/session.js';
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
} from '../../../ports/inbound/locking.js';
import type { CarefulTracer } from './careful-tracer.js';
import { type LockSpans, outcomeOf } from './lock-spans.js';
import { answeredSpan } from './request-spans.js';

type Answer =
  | { readonly kind: string; readonly fencingToken?: number }
  | { readonly kind: 'refused'; readonly code: string };

/** Passes everything on as it is, and gives back the very answers. */
export class TracedLocking implements Locking {
  readonly #inner: Locking;
  readonly #spans: LockSpans;
  readonly #tracer: CarefulTracer;

  constructor(
    inner: Locking,
    parts: { readonly spans: LockSpans; readonly tracer: CarefulTracer },
  ) {
    this.#inner = inner;
    this.#spans = parts.spans;
    this.#tracer = parts.tracer;
  }

  get hasFailed(): boolean {
    return this.#inner.hasFailed;
  }

  openSession(opening: SessionOpening): OpenSessionAnswer {
    return this.#inner.openSession(opening);
  }

  touchSession(sessionId: string): boolean {
    return this.#inner.touchSession(sessionId);
  }

  openStreamSession(opening: StreamSessionOpening): Promise<OpenSessionAnswer> {
    return this.#inner.openStreamSession(opening);
  }

  resumeSession(resumption: SessionResumption): Promise<ResumeSessionAnswer> {
    return this.#inner.resumeSession(resumption);
  }

  detachSession(sessionId: string): void {
    this.#inner.detachSession(sessionId);
  }

  endSession(sessionId: string, cause: SessionEnding): Promise<boolean> {
    return this.#inner.endSession(sessionId, cause);
  }

  acquire(request: AcquireRequest): Acquisition {
    const acquisition = this.#spans.acquire(request, () => this.#inner.acquire(request));
    this.#annotate(request.name, acquisition.answer).catch(() => undefined);
    return acquisition;
  }

  release(request: ReleaseRequest): Promise<ReleaseAnswer> {
    return this.#annotate(request.name, this.#inner.release(request));
  }

  renew(request: RenewRequest): Promise<RenewAnswer> {
    return this.#annotate(request.name, this.#inner.renew(request));
  }

  check(request: CheckRequest): Promise<CheckAnswer> {
    return this.#annotate(request.name, this.#inner.check(request));
  }

  /** Comes before whoever asked hears of the answer, and ends the span by it. */
  #annotate<Given extends Answer>(name: string, answer: Promise<Given>): Promise<Given> {
    const span = answeredSpan();
    if (span !== undefined) {
      answer.then(
        (given) => this.#note(span, name, given),
        () => undefined,
      );
    }
    return answer;
  }

  #note(span: Span, name: string, answer: Answer): void {
    this.#tracer.try(() => {
      span.setAttribute('ldlm.lock.name', shortName(name));
      span.setAttribute('ldlm.outcome', outcomeOf(answer));
      if ('fencingToken' in answer && answer.fencingToken !== undefined) {
        span.setAttribute('ldlm.fencing_token', answer.fencingToken);
      }
    });
  }
}
