/**
 * Why: what is said to a client in one turn of the event loop goes out as one frame, and a client that
 * does not read costs no more than what waits to be said to it.
 */
import type { ServerDuplexStream, status } from '@grpc/grpc-js';
import {
  type ClientFrame,
  emptyServerFrame,
  type Granted,
  type LeaseLost,
  type Refused,
  type ServerFrame,
  type Welcome,
} from '../../../proto/session-frames.js';

/** Why a stream ends, as the client is told. */
export interface StreamEnd {
  readonly code: status;
  readonly details: string;
}

/** Notices that may wait to be read. */
const UNREAD_NOTICES_MAX = 10_000;

/** About how long a frame may be, in bytes: less than what any client takes. */
const FRAME_BYTES_MAX = 1024 * 1024;

/** About what an answer takes, and what a lease that was lost takes beside its name. */
const ANSWER_BYTES = 128;
/** The most that UTF-8 takes for a unit of UTF-16. */
const BYTES_PER_UNIT = 3;

/** Open → ended, by us or by the other side. One frame is written at a time; the next one gathers meanwhile. */
export class FrameStream {
  /** Frames of the client that were taken. */
  receivedCount = 0;
  /** When the last one came. */
  heardAt: number;
  /** When it was ended by us; undefined before. */
  endedAt: number | undefined;
  /** The name of the connection that it came by. */
  readonly connection: string;
  readonly #call: ServerDuplexStream<ClientFrame, ServerFrame>;
  readonly #now: () => number;
  #welcome: Welcome | undefined;
  #granted: Granted[] = [];
  #done: number[] = [];
  #refused: Refused[] = [];
  #lost: LeaseLost[] = [];
  #notices: number[] = [];
  #hasNews = false;
  #isScheduled = false;
  #isWriting = false;
  #end: StreamEnd | 'orderly' | undefined;

  constructor(call: ServerDuplexStream<ClientFrame, ServerFrame>, now: () => number) {
    this.#call = call;
    this.#now = now;
    this.heardAt = now();
    this.connection = call.getPeer();
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Whether more waits to be read than may. */
  get isOverfull(): boolean {
    return this.#lost.length + this.#notices.length > UNREAD_NOTICES_MAX;
  }

  /** A frame has come: one that says at least so much goes back. */
  received(): void {
    this.receivedCount += 1;
    this.heardAt = this.#now();
    this.#say();
  }

  welcome(welcome: Welcome): void {
    this.#welcome = welcome;
    this.#say();
  }

  granted(granted: Granted): void {
    this.#granted.push(granted);
    this.#say();
  }

  done(requestId: number): void {
    this.#done.push(requestId);
    this.#say();
  }

  refused(refused: Refused): void {
    this.#refused.push(refused);
    this.#say();
  }

  lost(lost: LeaseLost): void {
    this.#lost.push(lost);
    this.#say();
  }

  notice(notice: number): void {
    this.#notices.push(notice);
    this.#say();
  }

  /** What was said before goes out first, as far as it is read. `orderly`: with status OK. */
  end(end: StreamEnd | 'orderly'): void {
    if (this.#end === undefined) {
      this.#end = end;
      this.endedAt = this.#now();
      this.#write();
    }
  }

  #say(): void {
    this.#hasNews = true;
    if (!this.#isScheduled && !this.#isWriting) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#write();
      });
    }
  }

  #write(): void {
    if (this.#isWriting || this.#call.destroyed) {
      return;
    }
    if (this.#hasNews) {
      this.#isWriting = true;
      this.#call.write(this.#nextFrame(), () => {
        this.#isWriting = false;
        this.#write();
      });
    } else if (this.#end === 'orderly') {
      this.#call.end();
    } else if (this.#end !== undefined) {
      this.#call.emit('error', this.#end);
    }
  }

  /** All that has gathered or, if that is too much for a frame, its beginning. */
  #nextFrame(): ServerFrame {
    const room = { bytes: FRAME_BYTES_MAX };
    const answerBytes = () => ANSWER_BYTES;
    const frame = {
      ...emptyServerFrame(),
      welcome: this.#welcome,
      received: this.receivedCount,
      granted: taken(this.#granted, room, answerBytes),
      done: taken(this.#done, room, answerBytes),
      refused: taken(this.#refused, room, answerBytes),
      lost: taken(this.#lost, room, ({ name }) => ANSWER_BYTES + name.length * BYTES_PER_UNIT),
      notices: taken(this.#notices, room, answerBytes),
    };
    this.#welcome = undefined;
    this.#granted = frame.granted === this.#granted ? [] : this.#granted;
    this.#done = frame.done === this.#done ? [] : this.#done;
    this.#refused = frame.refused === this.#refused ? [] : this.#refused;
    this.#lost = frame.lost === this.#lost ? [] : this.#lost;
    this.#notices = frame.notices === this.#notices ? [] : this.#notices;
    this.#hasNews =
      this.#granted.length +
        this.#done.length +
        this.#refused.length +
        this.#lost.length +
        this.#notices.length >
      0;
    return frame;
  }
}

/** The list itself if all of it has room; else as much of its beginning, which leaves the list. */
function taken<Item>(
  items: Item[],
  room: { bytes: number },
  bytesOf: (item: Item) => number,
): Item[] {
  let count = 0;
  for (; count < items.length && room.bytes > 0; count += 1) {
    room.bytes -= bytesOf(items[count] as Item);
  }
  return count === items.length ? items : items.splice(0, count);
}
