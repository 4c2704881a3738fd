/**
 * Why: what was asked and not answered yet, under which number, and what of it has to be said again when a
 * stream breaks. Frames go out of here; nothing is known here of time but what it is told.
 */
import {
  type Acquire,
  type ClientFrame,
  emptyClientFrame,
  type Release,
  type Renewal,
} from '../proto/session-frames.js';
import { ChurnMap } from './churn-map.js';
import { Line } from './line.js';
import type { AcquireRequest, Answer, LockRequest, Request } from './request.js';

/** A frame that was sent and that the server has not said to have taken. */
interface SentFrame {
  readonly sentAt: number;
  heard: readonly number[];
}

/** Of many requests at once each side works on a part while the other does on the next: larger frames are slower. */
const FRAME_REQUESTS = 64;
/** So many answers that were heard wait for a frame that has more to say, or for the heartbeat. */
const HEARD_WAITING_MAX = 256;
/** About how long a frame may be, and about what a request takes in it beside its name and words. */
const FRAME_BYTES_MAX = 1024 * 1024;
const REQUEST_BYTES = 128;
/** The most that a request's number takes. */
const NUMBER_BYTES = 8;
/** The most that UTF-8 takes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;
/** Acquires may wait for long, and for the very releases that would have no room left beside them. */
const RESERVED_FOR_OTHERS = 64;

export class RequestBook {
  /** How many requests a frame may hold, and how many the server keeps in mind; as it says. */
  frameRequestsMax = FRAME_REQUESTS;
  sessionRequestsMax = 1;
  #frameBytesMax = FRAME_BYTES_MAX;
  #nextId = 1;
  /** By number, in their order: sent in this session, and not answered. */
  readonly #open = new ChurnMap<number, Request>();
  #unsent = new Set<Request>();
  /** To be said again by another stream; they have a place with the server already. */
  readonly #again = new Line<Request>();
  readonly #acquires = new Line<AcquireRequest>();
  readonly #others = new Line<LockRequest>();
  #withdrawals: number[] = [];
  #heard: number[] = [];
  readonly #sentFrames: SentFrame[] = [];
  #acknowledgedCount = 0;

  /** Every request that has no answer, sent or not. */
  get unanswered(): readonly Request[] {
    return [...this.#open.values(), ...this.#unsent];
  }

  /** @param bytesMax what the server takes; 0 if it does not tell. */
  limitFrames(bytesMax: number): void {
    this.#frameBytesMax = bytesMax === 0 ? FRAME_BYTES_MAX : Math.min(bytesMax, FRAME_BYTES_MAX);
  }

  add(request: Request): void {
    this.#unsent.add(request);
    this.#line(request);
  }

  /** An acquire that is not wanted any more. */
  withdraw(request: AcquireRequest): void {
    if (request.isWithdrawn) {
      return;
    }
    request.isWithdrawn = true;
    if (!this.#unsent.delete(request) && this.#open.has(request.id)) {
      this.#withdrawals.push(request.id);
    }
  }

  /** Nobody waits for its answer any more, and it need not be asked if it was not yet. */
  drop(request: Request): void {
    this.#unsent.delete(request);
  }

  /** An answer has come. @returns the request, if it has its last word and nobody had heard that before. */
  hear(id: number, kind: Answer['kind']): Request | undefined {
    const request = this.#open.get(id);
    if (request?.kind === 'acquire' && request.isWithdrawn && kind !== 'refused') {
      // The last word is a refusal, and is still to come.
      return undefined;
    }
    this.#heard.push(id);
    this.#open.delete(id);
    return request;
  }

  /** Whether there is something to say that does not wait for the next frame, as what was heard can. */
  hasNews(isDraining: boolean): boolean {
    return (
      this.#heard.length >= HEARD_WAITING_MAX ||
      this.#withdrawals.length > 0 ||
      !this.#again.isEmpty ||
      (!this.#others.isEmpty && this.#makesRoom(0)) ||
      (!isDraining && !this.#acquires.isEmpty && this.#makesRoom(this.#reserved))
    );
  }

  /** What there is to say now, as much as a frame may hold. A server that drains is asked for no locks. */
  nextFrame(now: number, isDraining = false): ClientFrame {
    const frame = emptyClientFrame();
    const [releases, renewals, checks, acquires]: [Release[], Renewal[], Release[], Acquire[]] = [
      [],
      [],
      [],
      [],
    ];
    // Half of the room is for what was heard, and half, one request more or less, for what is asked.
    const halfBytes = this.#frameBytesMax / 2;
    frame.heard = this.#heard.splice(0, Math.floor(halfBytes / NUMBER_BYTES));
    let bytes = 0;
    const requestsMax = Math.min(this.frameRequestsMax, FRAME_REQUESTS);
    let count = 0;
    for (; count < requestsMax && bytes < halfBytes; count += 1) {
      const request = this.#next(isDraining);
      if (request === undefined) {
        break;
      }
      this.#send(request, now);
      bytes += REQUEST_BYTES + BYTES_PER_UNIT * wordsLengthOf(request);
      const requestId = request.id;
      if (request.kind === 'acquire') {
        acquires.push(wireAcquire(request, now));
        continue;
      }
      const { name, key } = request.lock;
      if (request.kind === 'release') {
        releases.push({ requestId, name, key });
      } else if (request.kind === 'check') {
        checks.push({ requestId, name, key });
      } else {
        renewals.push({ requestId, name, key, leaseMs: request.leaseMs });
      }
    }
    if (this.#again.isEmpty) {
      // No sooner: a server that was restarted knows the acquire by its being asked again.
      frame.withdrawals = this.#withdrawals.splice(0, this.frameRequestsMax - count);
    }
    if (this.#unsent.size === 0) {
      // For the same reason as there is a ChurnMap.
      this.#unsent = new Set();
    }
    Object.assign(frame, { releases, renewals, checks, acquires });
    this.frameSent(now, frame.heard);
    return frame;
  }

  /** A frame goes out; those that this book makes are counted by it. */
  frameSent(now: number, heard: readonly number[] = []): void {
    this.#sentFrames.push({ sentAt: now, heard });
  }

  /** The server has taken so many frames of this stream. @returns when the last of them was sent. */
  acknowledge(count: number): number | undefined {
    let sentAt: number | undefined;
    while (this.#acknowledgedCount < count) {
      const frame = this.#sentFrames.shift();
      if (frame === undefined) {
        return sentAt;
      }
      this.#acknowledgedCount += 1;
      ({ sentAt } = frame);
    }
    return sentAt;
  }

  /** Another stream begins, and nothing is known to have come through by the last one but what was answered. */
  beginStream(): void {
    for (const { heard } of this.#sentFrames.splice(0)) {
      this.#heard.push(...heard);
    }
    this.#acknowledgedCount = 0;
  }

  /** The session is there: what has no answer is said again, under its number. */
  resume(): void {
    this.#again.clear();
    this.#withdrawals = [];
    for (const request of this.#open.values()) {
      this.#again.add(request);
      if (request.kind === 'acquire' && request.isWithdrawn) {
        this.#withdrawals.push(request.id);
      }
    }
  }

  /**
   * Another session begins, to which nothing is known. @returns what was asked of locks, all of which are lost;
   * acquires that are still wanted are asked anew.
   */
  renew(): readonly LockRequest[] {
    const all = this.unanswered;
    this.#open.clear();
    this.#unsent.clear();
    this.#clearLines();
    this.#withdrawals = [];
    this.#heard = [];
    for (const frame of this.#sentFrames) {
      frame.heard = [];
    }
    const lost: LockRequest[] = [];
    for (const request of all) {
      if (request.kind !== 'acquire') {
        lost.push(request);
      } else if (!request.isWithdrawn) {
        this.again(request);
      }
    }
    return lost;
  }

  /** Asks it once more, under a number of its own. */
  again(request: AcquireRequest): void {
    this.#open.delete(request.id);
    request.id = 0;
    request.sentAt = undefined;
    this.add(request);
  }

  /** How many more requests the server would keep in mind. */
  get #room(): number {
    return this.sessionRequestsMax - this.#open.size - this.#heard.length;
  }

  /** How much of the room acquires leave to the rest. */
  get #reserved(): number {
    return Math.min(RESERVED_FOR_OTHERS, Math.floor(this.sessionRequestsMax / 2));
  }

  /** Whether a frame could hold one more request and leave so much room, since it begins with what was heard. */
  #makesRoom(leaving: number): boolean {
    return this.#room > leaving || this.#heard.length > 0;
  }

  #line(request: Request): void {
    if (request.kind === 'acquire') {
      this.#acquires.add(request);
    } else {
      this.#others.add(request);
    }
  }

  #clearLines(): void {
    this.#again.clear();
    this.#acquires.clear();
    this.#others.clear();
  }

  #next(isDraining: boolean): Request | undefined {
    for (let request = this.#again.take(); request !== undefined; request = this.#again.take()) {
      if (this.#open.get(request.id) === request) {
        return request;
      }
    }
    if (this.#room <= 0) {
      return undefined;
    }
    const other = this.#unsentOf(this.#others);
    if (other !== undefined || isDraining || this.#room <= this.#reserved) {
      return other;
    }
    return this.#unsentOf(this.#acquires);
  }

  /** Passes over what was dropped or withdrawn before it was sent. */
  #unsentOf(line: Line<Request>): Request | undefined {
    for (let request = line.take(); request !== undefined; request = line.take()) {
      if (this.#unsent.has(request)) {
        return request;
      }
    }
    return undefined;
  }

  #send(request: Request, now: number): void {
    if (this.#unsent.delete(request)) {
      request.id = this.#nextId;
      this.#nextId += 1;
      request.sentAt = now;
      this.#open.set(request.id, request);
    }
  }
}

/** Of its name and its metadata, in units of UTF-16. */
function wordsLengthOf(request: Request): number {
  if (request.kind !== 'acquire') {
    return request.lock.name.length;
  }
  const { name, metadata } = request.order;
  return (
    name.length + (metadata === undefined ? 0 : Object.entries(metadata).flat().join('').length)
  );
}

function wireAcquire({ id, order }: AcquireRequest, now: number): Acquire {
  const { name, size, waitUntil, leaseMs, metadata } = order;
  return {
    requestId: id,
    claims: [{ name, size, units: 1 }],
    waitMs: waitMsOf(waitUntil, now),
    leaseMs,
    metadata,
  };
}

function waitMsOf(waitUntil: number | undefined, now: number): number | undefined {
  if (waitUntil === undefined) {
    return 0;
  }
  return waitUntil === Number.POSITIVE_INFINITY
    ? undefined
    : Math.max(1, Math.ceil(waitUntil - now));
}
