/**
 * Why: an SDK and its plug-ins are other people's code, and run in the midst of ours. What they throw must not
 * reach the locks: a grant that could not be traced is a grant.
 */
import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { TraceAttributes } from '../../../ports/outbound/tracing.js';

export interface SpanStart extends SpanOptions {
  readonly name: string;
  readonly parent: Context;
}

export interface SpanEnd {
  readonly attributes: TraceAttributes;
  /** One of few words: what went wrong. */
  readonly failure?: string | undefined;
}

export class CarefulTracer {
  readonly #tracer: Tracer;
  readonly #logger: Logger;
  #hasWarned = false;

  constructor(tracer: Tracer, logger: Logger) {
    this.#tracer = tracer;
    this.#logger = logger;
  }

  /** A span that records nothing where none can be had. */
  start({ name, parent, ...options }: SpanStart): Span {
    const span = this.try(() => this.#tracer.startSpan(name, options, parent));
    return span ?? trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  }

  end(span: Span, { attributes, failure }: SpanEnd): void {
    this.try(() => {
      span.setAttributes(attributes);
      if (failure !== undefined) {
        span.setAttribute('error.type', failure);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    });
  }

  /** @returns undefined in place of what it threw. */
  try<Result>(act: () => Result): Result | undefined {
    try {
      return act();
    } catch (error) {
      if (!this.#hasWarned) {
        this.#hasWarned = true;
        this.#logger.warn('Tracing failed, and goes on as far as it can; told once', {
          reason: error instanceof Error ? error.message : String(error),
        });
      }
      return undefined;
    }
  }
}
