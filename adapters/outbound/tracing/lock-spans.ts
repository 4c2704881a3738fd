/**
 * Why: a span for each wait for a lock, and one for each time that it is held. What is asked comes by
 * TracedLocking; what became of it, by whosever doing, are the facts that TracedStateStore sees.
 */
import {
  type Context,
  context,
  defaultTextMapGetter,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { shortName } from '../../../domain/disclosure.js';
import type { Fact, LeaseEnded, LeaseGranted } from '../../../domain/facts.js';
import { FOREVER } from '../../../domain/instant.js';
import type { AcquireAnswer, AcquireRequest, Acquisition } from '../../../ports/inbound/locking.js';
import type { CarefulTracer } from './careful-tracer.js';

/** Waiting → over: granted, refused, or nobody knows. */
interface Wait {
  readonly span: Span;
  /** Whose work the lock is for. */
  readonly parent: Context;
  isOver: boolean;
}

interface Hold {
  readonly span: Span;
  renewalCount: number;
}

export class LockSpans {
  readonly #tracer: CarefulTracer;
  readonly #holdsMax: number;
  /** Of all that is asked and not answered, by key; those that are not recorded too, so that none is taken for another. */
  readonly #waits = new Map<string, Wait>();
  readonly #holds = new Map<string, Hold>();
  /** What is being decided at this moment: its key is not known yet. */
  #asking: Wait | undefined;

  /** @param holdsMax leases beyond that are held without a span. */
  constructor(tracer: CarefulTracer, holdsMax: number) {
    this.#tracer = tracer;
    this.#holdsMax = holdsMax;
  }

  /** How many spans are open. */
  get openCount(): number {
    return this.#waits.size + this.#holds.size;
  }

  /** @param ask hands the request on. Facts that it leads to at once are told to `note` meanwhile. */
  acquire(request: AcquireRequest, ask: () => Acquisition): Acquisition {
    const wait = this.#tracer.try(() => this.#begin(request)) ?? untraced();
    this.#asking = wait;
    let acquisition: Acquisition;
    try {
      acquisition = ask();
    } finally {
      this.#asking = undefined;
    }
    if (!wait.isOver) {
      const { key, answer } = acquisition;
      this.#waits.set(key, wait);
      answer.then(
        (outcome) => this.#answered(key, wait, outcome),
        () => this.#answered(key, wait, undefined),
      );
    }
    return acquisition;
  }

  /** What has happened, in its order. */
  note(facts: readonly Fact[]): void {
    this.#tracer.try(() => {
      for (const fact of facts) {
        this.#note(fact);
      }
    });
  }

  /** The server stops; what is held stays in the store, and its end is the next server's to see. */
  close(): void {
    for (const key of this.#holds.keys()) {
      this.#ended(key, 'server-stopped');
    }
  }

  #note(fact: Fact): void {
    switch (fact.type) {
      case 'lease-granted':
        this.#granted(fact);
        return;
      case 'lease-renewed':
        this.#renewed(fact.key);
        return;
      case 'lease-ended':
        this.#ended(fact.key, fact.reason);
        return;
      case 'session-opened':
      case 'session-ended':
        return;
      default:
        fact satisfies never;
    }
  }

  #begin(request: AcquireRequest): Wait {
    const active = context.active();
    const parent = this.#parentOf(request, active);
    const via = parent === active ? undefined : trace.getSpanContext(active);
    const span = this.#tracer.start({
      name: 'ldlm.lock.wait',
      kind: SpanKind.INTERNAL,
      attributes: { 'ldlm.lock.name': shortName(request.name), 'ldlm.lock.size': request.size },
      parent,
      ...(via && { links: [{ context: via }] }),
    });
    return { span, parent, isOver: false };
  }

  /** On a session stream each request may bring its own trace, as words of its metadata. */
  #parentOf({ metadata }: AcquireRequest, active: Context): Context {
    return metadata === undefined
      ? active
      : (this.#tracer.try(() => propagation.extract(active, metadata, defaultTextMapGetter)) ??
          active);
  }

  /** The waiter of that key, or what is being asked: nobody else is ever granted anything. */
  #granted(fact: LeaseGranted): void {
    const wait = this.#waits.get(fact.key) ?? this.#asking;
    if (wait === undefined || wait.isOver) {
      return;
    }
    wait.isOver = true;
    if (!wait.span.isRecording()) {
      return;
    }
    const token = { 'ldlm.fencing_token': fact.fencingToken };
    this.#tracer.end(wait.span, { attributes: { 'ldlm.outcome': 'granted', ...token } });
    if (this.#holds.size < this.#holdsMax) {
      const span = this.#tracer.start({
        name: 'ldlm.lock.hold',
        kind: SpanKind.INTERNAL,
        attributes: {
          'ldlm.lock.name': shortName(fact.name),
          'ldlm.lock.size': fact.size,
          ...token,
          ...(fact.leaseMs !== FOREVER && { 'ldlm.lease.time_ms': fact.leaseMs }),
        },
        parent: wait.parent,
      });
      this.#holds.set(fact.key, { span, renewalCount: 0 });
    }
  }

  #renewed(key: string): void {
    const hold = this.#holds.get(key);
    if (hold !== undefined) {
      hold.renewalCount += 1;
    }
  }

  #ended(key: string, ending: LeaseEnded['reason'] | 'server-stopped'): void {
    const hold = this.#holds.get(key);
    if (hold !== undefined) {
      this.#holds.delete(key);
      const { span, renewalCount } = hold;
      this.#tracer.end(span, {
        attributes: { 'ldlm.lease.ending': ending, 'ldlm.lease.renewal_count': renewalCount },
      });
    }
  }

  /** @param outcome undefined: the server cannot vouch for its state. */
  #answered(key: string, wait: Wait, outcome: AcquireAnswer | undefined): void {
    this.#waits.delete(key);
    if (wait.isOver) {
      return;
    }
    wait.isOver = true;
    this.#tracer.end(
      wait.span,
      outcome === undefined
        ? { attributes: {}, failure: 'state-unknown' }
        : { attributes: { 'ldlm.outcome': outcomeOf(outcome) } },
    );
  }
}

function untraced(): Wait {
  return {
    span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
    parent: ROOT_CONTEXT,
    isOver: false,
  };
}

/** The kind of an answer that says yes, or the code of a refusal. */
export function outcomeOf(
  answer: { readonly kind: string } | { readonly kind: 'refused'; readonly code: string },
): string {
  return 'code' in answer ? answer.code : answer.kind;
}
