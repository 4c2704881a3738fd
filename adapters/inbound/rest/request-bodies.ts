/** Why: bodies are read whole, so each has a bound, and so have all that are being read at once. */
import type { IncomingMessage } from 'node:http';

/**
 * Each piece costs, however small it is: a body of single bytes is a thousand times as dear as its length
 * says. What a client writes at once comes in pieces of 64 KB, by TCP in those of its packets.
 */
const PIECES_MAX = 4_096;

export interface BodyBounds {
  readonly bytesMax: number;
  /** Of all bodies that are being read. */
  readonly totalBytesMax: number;
  /** A body of no more is read whatever the others take up: nobody is to be kept from unlocking. */
  readonly smallBytesMax: number;
}

/** `too-many`: others take up the room; `cut`: the connection ended first. */
export type BodyReading = Buffer | 'too-large' | 'too-many' | 'cut';

export class RequestBodies {
  readonly #bounds: BodyBounds;
  #totalBytes = 0;

  constructor(bounds: BodyBounds) {
    this.#bounds = bounds;
  }

  /**
   * What exceeds a bound is read on and thrown away, so that the client comes to read its answer; if it
   * comes in too many pieces, its connection is cut.
   */
  read(request: IncomingMessage): Promise<BodyReading> {
    const { bytesMax, totalBytesMax, smallBytesMax } = this.#bounds;
    let body: GrowingBody | undefined = new GrowingBody();
    return new Promise((resolve) => {
      const finish = (reading: BodyReading) => {
        this.#totalBytes -= body?.length ?? 0;
        body = undefined;
        resolve(reading);
      };
      countPieces(request);
      request.on('data', (chunk: Buffer) => {
        if (body === undefined) {
          return;
        }
        const length = body.length + chunk.length;
        if (length > bytesMax) {
          finish('too-large');
        } else if (length > smallBytesMax && this.#totalBytes + chunk.length > totalBytesMax) {
          finish('too-many');
        } else {
          this.#totalBytes += chunk.length;
          body.append(chunk);
        }
      });
      request.on('end', () => finish(body?.bytes ?? 'cut'));
      request.on('close', () => finish('cut'));
      request.on('error', () => finish('cut'));
    });
  }
}

/** For a request that is answered without its body: what still comes of it is thrown away. */
export function discardBody(request: IncomingMessage): void {
  countPieces(request);
  request.resume();
}

function countPieces(request: IncomingMessage): void {
  let pieceCount = 0;
  request.on('data', () => {
    pieceCount += 1;
    if (pieceCount > PIECES_MAX) {
      request.destroy();
    }
  });
}

/**
 * One buffer that doubles: a body that comes byte by byte would take a hundred times its size as
 * chunks.
 */
class GrowingBody {
  length = 0;
  #room = Buffer.alloc(0);

  get bytes(): Buffer {
    return this.#room.subarray(0, this.length);
  }

  append(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.#room.length) {
      const room = Buffer.alloc(Math.max(length, 2 * this.#room.length));
      this.bytes.copy(room);
      this.#room = room;
    }
    chunk.copy(this.#room, this.length);
    this.length = length;
  }
}
