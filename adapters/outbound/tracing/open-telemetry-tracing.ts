/**
 * Why: the server knows OpenTelemetry's API alone; whoever wants traces brings an SDK and registers it before the
 * server starts (docs/TRACING.md). Without one, nothing of this folder takes part in anything.
 */
import { trace, type Tracer } from '@opentelemetry/api';
import type { Locking } from '../../../ports/inbound/locking.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { StateStore } from '../../../ports/outbound/state-store.js';
import type { Tracing } from '../../../ports/outbound/tracing.js';
import { CarefulTracer } from './careful-tracer.js';
import { LockSpans } from './lock-spans.js';
import { RequestSpans } from './request-spans.js';
import { TracedLocking } from './traced-locking.js';
import { TracedStateStore } from './traced-state-store.js';

/** A million spans that stay open for days are no use to anybody, and cost more memory than their leases. */
export const HOLDS_MAX = 100_000;

export interface OpenTelemetryTracingOptions {
  /** Of this program, as spans name it. */
  readonly version: string;
  readonly logger: Logger;
}

export class OpenTelemetryTracing {
  /** For the doors by which requests come. */
  readonly requests: Tracing;
  readonly #tracer: CarefulTracer;
  readonly #spans: LockSpans;

  constructor(tracer: Tracer, logger: Logger) {
    this.#tracer = new CarefulTracer(tracer, logger);
    this.#spans = new LockSpans(this.#tracer, HOLDS_MAX);
    this.requests = new RequestSpans(this.#tracer);
  }

  /** @returns undefined if no SDK is registered. */
  static find({ version, logger }: OpenTelemetryTracingOptions): OpenTelemetryTracing | undefined {
    const tracer = registeredTracer('ldlm', version);
    return tracer && new OpenTelemetryTracing(tracer, logger);
  }

  /** The locks that requests shall ask, over those that decide; their store has to be one of `traceStore`. */
  traceLocking(locking: Locking): Locking {
    return new TracedLocking(locking, { spans: this.#spans, tracer: this.#tracer });
  }

  traceStore(store: StateStore): StateStore {
    return new TracedStateStore(store, this.#spans);
  }
}

/** The API hands out tracers that do nothing until an SDK is there; those it can tell from the others. */
function registeredTracer(name: string, version: string): Tracer | undefined {
  const provider = trace.getTracerProvider() as ReturnType<typeof trace.getTracerProvider> & {
    getDelegateTracer?(name: string, version: string): Tracer | undefined;
  };
  return provider.getDelegateTracer === undefined
    ? provider.getTracer(name, version)
    : provider.getDelegateTracer(name, version);
}
