/** Why: what a door tells of its requests, without an SDK behind it. */
import type {
  RequestOutcome,
  RequestToTrace,
  TracedRequest,
  Tracing,
} from '../../ports/outbound/tracing.js';

export interface RecordedRequest extends Omit<RequestToTrace, 'carrier'> {
  readonly traceparent: string | undefined;
  readonly carried: readonly string[];
  /** undefined while it is under way. */
  outcome: RequestOutcome | undefined;
  /** How many pieces of work were done as part of it. */
  workCount: number;
}

export class RecordedTracing implements Tracing {
  readonly requests: RecordedRequest[] = [];
  #listeners: (() => void)[] = [];

  begin({ carrier, ...request }: RequestToTrace): TracedRequest {
    const recorded: RecordedRequest = {
      ...request,
      traceparent: carrier.get('traceparent'),
      carried: carrier.names(),
      outcome: undefined,
      workCount: 0,
    };
    this.requests.push(recorded);
    return {
      run: (work) => {
        recorded.workCount += 1;
        return work();
      },
      end: (outcome) => {
        recorded.outcome ??= outcome;
        for (const listener of this.#listeners.splice(0)) {
          listener();
        }
      },
    };
  }

  /** The outcome of the request of that number, from 0 on, once it has ended. */
  async outcomeOf(index: number): Promise<RequestOutcome> {
    for (;;) {
      const outcome = this.requests[index]?.outcome;
      if (outcome !== undefined) {
        return outcome;
      }
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }
}
