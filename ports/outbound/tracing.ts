/** What the server tells those who follow a request through many programs. */

export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;

/** Where a request says whose work it is part of, such as its headers (W3C Trace Context). */
export interface TraceCarrier {
  names(): string[];
  /** The first value of that name. */
  get(name: string): string | undefined;
}

export interface RequestToTrace {
  /** One of few, such as `ldlm.LDLM/Lock`. */
  readonly name: string;
  readonly attributes: TraceAttributes;
  readonly carrier: TraceCarrier;
  /** Whether it brings many requests on locks, whose outcomes are then not its own. */
  readonly isStream: boolean;
}

export interface RequestOutcome {
  readonly attributes: TraceAttributes;
  /** One of few, such as `UNAVAILABLE`: what went wrong here. Left out for what went as it should, refusals included. */
  readonly failure?: string;
}

/** Begun → ended. */
export interface TracedRequest {
  /** What is asked of the locks by `work`, or by what follows from it, is told as part of the request. Throws as it does. */
  run<Result>(work: () => Result): Result;
  /** The first end counts. */
  end(outcome: RequestOutcome): void;
}

/** Tracing never throws but what `work` does, never waits, and changes nothing of what is done. */
export interface Tracing {
  begin(request: RequestToTrace): TracedRequest;
}
