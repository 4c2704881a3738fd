/** Why: a span for each request that comes by a door, in the trace of whoever sent it. */
import {
  type Context,
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api';
import type {
  RequestOutcome,
  RequestToTrace,
  TraceCarrier,
  TracedRequest,
  Tracing,
} from '../../../ports/outbound/tracing.js';
import type { CarefulTracer } from './careful-tracer.js';

const ANSWERED_SPAN = createContextKey('span of the request that is answered');

const GETTER: TextMapGetter<TraceCarrier> = {
  keys: (carrier) => carrier.names(),
  get: (carrier, name) => carrier.get(name),
};

/** The span of the request that is under way, if what becomes of the lock is its outcome, and it is recorded. */
export function answeredSpan(): Span | undefined {
  return context.active().getValue(ANSWERED_SPAN) as Span | undefined;
}

export class RequestSpans implements Tracing {
  readonly #tracer: CarefulTracer;

  constructor(tracer: CarefulTracer) {
    this.#tracer = tracer;
  }

  /** What was active when the server was started is nobody's parent. */
  begin({ name, attributes, carrier, isStream }: RequestToTrace): TracedRequest {
    const parent =
      this.#tracer.try(() => propagation.extract(ROOT_CONTEXT, carrier, GETTER)) ?? ROOT_CONTEXT;
    const span = this.#tracer.start({ name, kind: SpanKind.SERVER, attributes, parent });
    const own = trace.setSpan(parent, span);
    const isAnswered = !isStream && span.isRecording();
    return new RequestSpan(
      this.#tracer,
      span,
      isAnswered ? own.setValue(ANSWERED_SPAN, span) : own,
    );
  }
}

class RequestSpan implements TracedRequest {
  readonly #tracer: CarefulTracer;
  readonly #span: Span;
  readonly #context: Context;
  #isEnded = false;

  constructor(tracer: CarefulTracer, span: Span, own: Context) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = own;
  }

  run<Result>(work: () => Result): Result {
    return context.with(this.#context, work);
  }

  end({ attributes, failure }: RequestOutcome): void {
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#tracer.end(this.#span, { attributes, failure });
    }
  }
}
