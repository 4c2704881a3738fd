/** Why: an OpenTelemetry SDK in the spec's own process, whose spans it can look at, and wait for. */
import { context, propagation, type SpanContext, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  NodeTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  type Span,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-node';

export interface RecordedSpansOptions {
  /** Of traces that begin here; all unless given. */
  readonly sampled?: 'all' | 'none';
  /** What a plug-in of the SDK throws when a span begins or ends. */
  readonly fault?: Error;
}

/** Registered → removed. One at a time, as it is the process's. */
export class RecordedSpans implements SpanProcessor {
  readonly begun: ReadableSpan[] = [];
  readonly ended: ReadableSpan[] = [];
  /** What has happened, in its order: `NAME begins`, `NAME ends`. */
  readonly course: string[] = [];
  readonly #fault: Error | undefined;
  #listeners: (() => void)[] = [];

  private constructor(fault: Error | undefined) {
    this.#fault = fault;
  }

  static register({ sampled = 'all', fault }: RecordedSpansOptions = {}): RecordedSpans {
    const spans = new RecordedSpans(fault);
    const root = sampled === 'all' ? new AlwaysOnSampler() : new AlwaysOffSampler();
    const sampler = new ParentBasedSampler({ root });
    new NodeTracerProvider({ sampler, spanProcessors: [spans] }).register();
    return spans;
  }

  /** The spans of that name that have ended, in the order of their ends. */
  named(name: string): readonly ReadableSpan[] {
    return this.ended.filter((span) => span.name === name);
  }

  /** The spans of that name that have begun and not ended. */
  open(name: string): readonly ReadableSpan[] {
    return this.begun.filter((span) => span.name === name && !span.ended);
  }

  /** Resolves with the spans of that name once so many have ended. */
  async until(name: string, count: number): Promise<readonly ReadableSpan[]> {
    while (this.named(name).length < count) {
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
    return this.named(name);
  }

  remove(): void {
    trace.disable();
    context.disable();
    propagation.disable();
  }

  onStart(span: Span): void {
    this.begun.push(span);
    this.course.push(`${span.name} begins`);
    if (this.#fault !== undefined) {
      throw this.#fault;
    }
  }

  onEnd(span: ReadableSpan): void {
    this.ended.push(span);
    this.course.push(`${span.name} ends`);
    for (const listener of this.#listeners.splice(0)) {
      listener();
    }
    if (this.#fault !== undefined) {
      throw this.#fault;
    }
  }

  async forceFlush(): Promise<void> {
    // All is here already.
  }

  async shutdown(): Promise<void> {
    // There is nothing to let go of.
  }
}

/** A caller's trace, as it comes with a request (W3C Trace Context), and whose child a span is by it. */
export const CALLER = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
} as const;

/** The trace of a span, and its parent's id. */
export function placeOf(span: ReadableSpan | undefined): {
  readonly traceId: string | undefined;
  readonly parentId: string | undefined;
} {
  const own: SpanContext | undefined = span?.spanContext();
  return { traceId: own?.traceId, parentId: span?.parentSpanContext?.spanId };
}
