/**
 * Why: one client's requests, whatever streams they come by: each is decided once, however often it is
 * asked, and its answer is remembered until the client has heard it.
 */
import { status } from '@grpc/grpc-js';
import { ChurnMap } from '../../../domain/churn-map.js';
import type { StreamRelease } from '../../../domain/facts.js';
import { FOREVER } from '../../../domain/instant.js';
import type { RefusalCode } from '../../../domain/refusal.js';
import type { SessionNotice } from '../../../domain/decision.js';
import type { Acquisition, Locking } from '../../../ports/inbound/locking.js';
import {
  type Acquire,
  type ClientFrame,
  LOSS,
  NOTICE,
  type Owner,
  REFUSAL,
  type Release,
  type Renewal,
} from '../../../proto/session-frames.js';
import type { FrameStream, StreamEnd } from './frame-stream.js';
import { refusalToFrame } from './refusal-to-frame.js';

/** Of an owner's or a request's words, names and values together, in units of UTF-16. */
export const WORDS_LENGTH_MAX = 1024;

/** Requests in a frame: as many as are decided without making others wait for long. */
export const FRAME_REQUESTS_MAX = 4096;

export interface StreamSessionOptions {
  readonly sessionId: string;
  readonly locking: Locking;
  /** Requests without an answer that was heard. */
  readonly requestsMax: number;
  /** The service cannot vouch for its state any more, or the client is past a bound. */
  readonly onCut: (end: StreamEnd) => void;
}

type Answer =
  | {
      readonly kind: 'granted';
      readonly name: string;
      readonly key: string;
      readonly fencingToken: number;
      readonly waitedMs: number;
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly code: number; readonly message: string };

/** A request: an acquisition that waits, `undefined` while something else is decided, then its answer. */
interface Request {
  acquisition: Acquisition | undefined;
  answer: Answer | undefined;
  isWithdrawn: boolean;
}

const STATE_UNKNOWN: StreamEnd = {
  code: status.UNAVAILABLE,
  details: 'the server cannot keep its state and stops; come back with the token to the next one',
};

const CLAIMS_UNSUPPORTED: Answer = {
  kind: 'refused',
  code: REFUSAL.claimsUnsupported,
  message: 'this server takes one claim of one unit in an acquire',
};

const METADATA_TOO_LONG: Answer = {
  kind: 'refused',
  code: REFUSAL.metadataTooLong,
  message: `the metadata is longer than ${WORDS_LENGTH_MAX} characters; shorten it`,
};

const WITHDRAWN: Answer = { kind: 'refused', ...refusalToFrame('withdrawn') };

const LOSSES = {
  expired: LOSS.expired,
  revoked: LOSS.revoked,
  released: LOSS.released,
  'session-ended': LOSS.sessionEnded,
} as const;

/** Detached ⇄ attached to a stream → ended. */
export class StreamSession {
  readonly sessionId: string;
  readonly #options: StreamSessionOptions;
  readonly #locking: Locking;
  readonly #requests = new ChurnMap<number, Request>();
  /** Of releases, in their order, those that were heard of too until one before them is. */
  #releaseIds: number[] = [];
  #stream: FrameStream | undefined;

  constructor(options: StreamSessionOptions) {
    this.sessionId = options.sessionId;
    this.#options = options;
    this.#locking = options.locking;
  }

  attach(stream: FrameStream): void {
    this.#stream = stream;
  }

  detach(): void {
    this.#stream = undefined;
  }

  /** Takes up what a frame asks for, in the order that the protocol gives. */
  take(frame: ClientFrame): void {
    const objection = this.#objectionTo(frame);
    if (objection !== undefined) {
      this.#options.onCut(objection);
      return;
    }
    this.#forget(frame.heard);
    for (const release of frame.releases) {
      this.#release(release);
    }
    for (const renewal of frame.renewals) {
      this.#renew(renewal);
    }
    for (const check of frame.checks) {
      this.#check(check);
    }
    for (const acquire of frame.acquires) {
      this.#acquire(acquire);
    }
    for (const requestId of frame.withdrawals) {
      this.#withdraw(requestId);
    }
  }

  hear(notice: SessionNotice): void {
    if (notice.kind === 'session-ended') {
      this.#stream?.notice(NOTICE.sessionEnded);
      return;
    }
    const { name, key, reason } = notice;
    const stream = this.#stream;
    stream?.lost({ name, key, reason: LOSSES[reason] });
    if (stream?.isOverfull) {
      this.#options.onCut({
        code: status.RESOURCE_EXHAUSTED,
        details: 'the client does not read what it is told; come back with the token',
      });
    }
  }

  #objectionTo(frame: ClientFrame): StreamEnd | undefined {
    const { releases, renewals, checks, acquires, withdrawals, heard } = frame;
    const askedCount = releases.length + renewals.length + checks.length + acquires.length;
    if (askedCount + withdrawals.length > FRAME_REQUESTS_MAX) {
      return {
        code: status.RESOURCE_EXHAUSTED,
        details: `a frame holds more than ${FRAME_REQUESTS_MAX} requests; send several`,
      };
    }
    const { requestsMax } = this.#options;
    const unheardCount = this.#requests.size - heard.length;
    const areTooMany =
      unheardCount + askedCount > requestsMax && unheardCount + this.#newIn(frame) > requestsMax;
    if (areTooMany || this.#areReleasesTooMany(frame)) {
      return {
        code: status.RESOURCE_EXHAUSTED,
        details:
          'more requests of the session are without an answer that was heard than may be; ' +
          'read answers and tell so in `heard`, or raise --session_requests_max',
      };
    }
    return undefined;
  }

  /** One that is never heard of keeps all after it, heard or not, in memory here and in the store. */
  #areReleasesTooMany({ releases }: ClientFrame): boolean {
    const { requestsMax } = this.#options;
    if (this.#releaseIds.length + releases.length > requestsMax) {
      this.#dropHeardReleases();
    }
    return releases.length > 0 && this.#releaseIds.length > requestsMax;
  }

  /** What is asked again takes no room. */
  #newIn({ releases, renewals, checks, acquires }: ClientFrame): number {
    return [releases, renewals, checks, acquires]
      .flat()
      .filter(({ requestId }) => !this.#requests.has(requestId)).length;
  }

  #forget(heard: readonly number[]): void {
    for (const requestId of heard) {
      // What has no answer yet cannot have been heard.
      if (this.#requests.get(requestId)?.answer !== undefined) {
        this.#requests.delete(requestId);
      }
    }
  }

  #release({ requestId, name, key }: Release): void {
    const request = this.#new(requestId);
    if (request === undefined) {
      return;
    }
    const by = this.#noteRelease(requestId);
    this.#locking.release({ name, key, by }).then((outcome) => {
      this.#answer(requestId, request, outcome.kind === 'released' ? DONE : refusal(outcome.code));
    }, this.#fail);
  }

  /** The smallest number whose answer was not heard stands first, since numbers grow. */
  #noteRelease(requestId: number): StreamRelease {
    const { sessionId } = this;
    this.#dropHeardReleases();
    this.#releaseIds.push(requestId);
    return { sessionId, requestId, heardBelow: this.#releaseIds[0] ?? requestId };
  }

  #dropHeardReleases(): void {
    const firstUnheard = this.#releaseIds.findIndex((id) => this.#requests.has(id));
    if (firstUnheard !== 0) {
      this.#releaseIds = firstUnheard === -1 ? [] : this.#releaseIds.slice(firstUnheard);
    }
  }

  #renew({ requestId, name, key, leaseMs }: Renewal): void {
    const request = this.#new(requestId);
    if (request === undefined) {
      return;
    }
    this.#locking.renew({ name, key, leaseMs }).then((outcome) => {
      this.#answer(requestId, request, outcome.kind === 'renewed' ? DONE : refusal(outcome.code));
    }, this.#fail);
  }

  #check({ requestId, name, key }: Release): void {
    const request = this.#new(requestId);
    if (request === undefined) {
      return;
    }
    this.#locking.check({ name, key }).then((outcome) => {
      this.#answer(requestId, request, outcome.kind === 'held' ? DONE : refusal(outcome.code));
    }, this.#fail);
  }

  #acquire({ requestId, claims, waitMs, leaseMs, metadata }: Acquire): void {
    const request = this.#new(requestId);
    if (request === undefined) {
      return;
    }
    const [claim] = claims;
    if (claim === undefined || claims.length > 1 || claim.units !== 1) {
      this.#answer(requestId, request, CLAIMS_UNSUPPORTED);
      return;
    }
    if (lengthOf(metadata) > WORDS_LENGTH_MAX) {
      this.#answer(requestId, request, METADATA_TOO_LONG);
      return;
    }
    const { name, size } = claim;
    const acquisition = this.#locking.acquire({
      sessionId: this.sessionId,
      name,
      size,
      waitMs: waitMs ?? FOREVER,
      leaseMs: leaseMs ?? FOREVER,
      requestId,
      ...(metadata && { metadata }),
    });
    request.acquisition = acquisition;
    acquisition.answer.then((outcome) => {
      this.#answer(
        requestId,
        request,
        outcome.kind === 'granted'
          ? {
              kind: 'granted',
              name,
              key: outcome.key,
              fencingToken: outcome.fencingToken,
              waitedMs: Math.floor(outcome.waitedMs),
            }
          : request.isWithdrawn
            ? WITHDRAWN
            : refusal(outcome.code),
      );
    }, this.#fail);
  }

  /** The last word on the request is a refusal, whatever came before. */
  #withdraw(requestId: number): void {
    const request = this.#requests.get(requestId);
    if (request === undefined || request.answer?.kind === 'refused') {
      return;
    }
    const { acquisition } = request;
    if (acquisition === undefined) {
      return;
    }
    request.isWithdrawn = true;
    acquisition.withdraw();
    if (request.answer?.kind === 'granted') {
      // Its end is kept when what comes after it in the order of the store is.
      const { name, key } = request.answer;
      request.answer = undefined;
      this.#locking.check({ name, key }).then(() => {
        this.#answer(requestId, request, WITHDRAWN);
      }, this.#fail);
    }
  }

  /** A request that is asked for the first time; undefined for one that is under way, or answered again. */
  #new(requestId: number): Request | undefined {
    if (requestId === 0) {
      this.#options.onCut({
        code: status.INVALID_ARGUMENT,
        details: 'a request has no number; give it one',
      });
      return undefined;
    }
    const known = this.#requests.get(requestId);
    if (known === undefined) {
      const request: Request = { acquisition: undefined, answer: undefined, isWithdrawn: false };
      this.#requests.set(requestId, request);
      return request;
    }
    if (known.answer?.kind === 'granted') {
      this.#grantAgain(requestId, known, known.answer);
    } else if (known.answer !== undefined) {
      this.#tell(requestId, known.answer);
    }
    return undefined;
  }

  /** A lease may have ended since it was granted. */
  #grantAgain(requestId: number, request: Request, answer: Answer & { kind: 'granted' }): void {
    this.#locking.check(answer).then((outcome) => {
      if (request.answer === answer) {
        const isHeld = outcome.kind === 'held';
        this.#answer(requestId, request, isHeld ? answer : refusal('lease-ended'));
      }
    }, this.#fail);
  }

  #answer(requestId: number, request: Request, answer: Answer): void {
    request.answer = answer;
    this.#tell(requestId, answer);
  }

  #tell(requestId: number, answer: Answer): void {
    switch (answer.kind) {
      case 'granted':
        this.#stream?.granted({
          requestId,
          key: answer.key,
          fencingToken: answer.fencingToken,
          waitedMs: answer.waitedMs,
        });
        return;
      case 'done':
        this.#stream?.done(requestId);
        return;
      case 'refused':
        this.#stream?.refused({ requestId, code: answer.code, message: answer.message });
        return;
      default:
        answer satisfies never;
    }
  }

  /** The service answers refusals as values; what it rejects with means that it cannot vouch for its state. */
  readonly #fail = () => this.#options.onCut(STATE_UNKNOWN);
}

const DONE: Answer = { kind: 'done' };

function refusal(code: RefusalCode): Answer {
  return { kind: 'refused', ...refusalToFrame(code) };
}

/** In units of UTF-16, names and values together. */
export function lengthOf(owner: Owner | undefined): number {
  return Object.entries(owner ?? {}).reduce(
    (length, [word, value]) => length + word.length + value.length,
    0,
  );
}
