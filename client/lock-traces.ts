/**
 * Why: waits and holds show in the traces of the program that asks, and the server's go on in them. It knows
 * OpenTelemetry's API alone: without an SDK in the program, registered before the client is made, nothing of this
 * takes part in anything (docs/TRACING.md).
 */
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { HeldLock } from './held-lock.js';
import { LdlmError } from './ldlm-error.js';
import type { AcquireOrder } from './lock-engine.js';

/** Of W3C Trace Context; baggage is not for operators to read, nor for a state file. */
const TRACE_WORDS = ['traceparent', 'tracestate'] as const;

/** The server's bound on the words of a request, names and values together. */
const WORDS_LENGTH_MAX = 1024;

/** What metadata may hold. */
const PRINTABLE = /^[ -~]*$/;

const NAME_SHOWN = 128;

/** A wait that is under way. */
export interface TracedWait {
  /** What to ask for, with the trace that it is part of. */
  readonly order: AcquireOrder;
  granted(lock: HeldLock): void;
  /** It was not granted. @param failure undefined: others hold the lock. */
  over(failure?: unknown): void;
}

/** Open → closed. */
export class LockTraces {
  readonly #tracer: Tracer;
  readonly #holds = new Map<HeldLock, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** @returns undefined if no SDK is registered. */
  static find(): LockTraces | undefined {
    const provider = trace.getTracerProvider() as ReturnType<typeof trace.getTracerProvider> & {
      getDelegateTracer?(name: string): Tracer | undefined;
    };
    const tracer =
      provider.getDelegateTracer === undefined
        ? provider.getTracer('ldlm/client')
        : provider.getDelegateTracer('ldlm/client');
    return tracer && new LockTraces(tracer);
  }

  /** @returns undefined if the SDK failed: it is then asked for without a trace. */
  wait(order: AcquireOrder): TracedWait | undefined {
    return quietly(() => {
      const parent = context.active();
      const attributes = { 'ldlm.lock.name': shown(order.name), 'ldlm.lock.size': order.size };
      const options = { kind: SpanKind.CLIENT, attributes };
      const span = this.#tracer.startSpan('ldlm.client.wait', options, parent);
      return {
        order: withTrace(order, trace.setSpan(parent, span)),
        granted: (lock) => {
          quietly(() => this.#granted(lock, { span, parent }));
        },
        over: (failure) => {
          quietly(() => refused(span, failure));
        },
      };
    });
  }

  /** What is held is given back with the client. */
  close(): void {
    for (const lock of this.#holds.keys()) {
      this.#over(lock, 'closed');
    }
  }

  #granted(lock: HeldLock, wait: { readonly span: Span; readonly parent: Context }): void {
    const { name, fencingToken } = lock;
    const token = fencingToken === undefined ? {} : { 'ldlm.fencing_token': fencingToken };
    if (wait.span.isRecording()) {
      wait.span.setAttributes({ 'ldlm.outcome': 'granted', ...token });
      wait.span.end();
      const attributes = { 'ldlm.lock.name': shown(name), ...token };
      const options = { kind: SpanKind.INTERNAL, attributes };
      this.#holds.set(lock, this.#tracer.startSpan('ldlm.client.hold', options, wait.parent));
      lock.onOver = (ending) => this.#over(lock, ending);
    }
  }

  #over(lock: HeldLock, ending: string): void {
    const span = this.#holds.get(lock);
    if (span !== undefined) {
      this.#holds.delete(lock);
      quietly(() => {
        span.setAttribute('ldlm.lease.ending', ending);
        span.end();
      });
    }
  }
}

/** Others may say no, or the program change its mind; only what nobody asked for is a failure. */
function refused(span: Span, failure: unknown): void {
  if (failure === undefined) {
    span.setAttribute('ldlm.outcome', 'held');
  } else if (failure instanceof LdlmError) {
    span.setAttribute('ldlm.outcome', failure.code);
    if (failure.code === 'unavailable') {
      span.setAttribute('error.type', failure.code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  } else {
    span.setAttribute('ldlm.outcome', 'aborted');
  }
  span.end();
}

/** The program's own words come first: a server refuses those that are too many. */
function withTrace(order: AcquireOrder, own: Context): AcquireOrder {
  const carrier: Record<string, string> = {};
  propagation.inject(own, carrier);
  const metadata = { ...order.metadata };
  for (const word of TRACE_WORDS) {
    const value = carrier[word];
    if (
      value !== undefined &&
      lengthOf(metadata) + word.length + value.length <= WORDS_LENGTH_MAX
    ) {
      metadata[word] ??= value;
    }
  }
  return { ...order, metadata };
}

/** What of a request's words goes with a single call as its metadata. */
export function traceWordsOf(words: AcquireOrder['metadata']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    TRACE_WORDS.flatMap((word) => {
      const value = words?.[word];
      return value !== undefined && PRINTABLE.test(value) ? [[word, value]] : [];
    }),
  );
}

function lengthOf(words: Readonly<Record<string, string>>): number {
  return Object.entries(words).flat().join('').length;
}

function shown(name: string): string {
  return name.length <= NAME_SHOWN ? name : `${name.slice(0, NAME_SHOWN)}…`;
}

/** An SDK's fault is no reason for locks to go wrong. */
function quietly<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
