/**
 * Why: some calls never reach the gate: those that are reset in the breath that began them, and those whose
 * headers, packed by HPACK, come to half a megabyte for a hundred bytes, every character of which the gRPC
 * library looks at before anybody is asked. Both are seen here, as HTTP/2 streams, before the library.
 */
import { constants, type Http2Server, type IncomingHttpHeaders } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import type { Offence } from './patience.js';

/** Headers past their bound are refused, call by call; so many times the bound is no mishap any more. */
const GROSS_FACTOR = 4;

export interface StreamWatchOptions {
  readonly headerBytesMax: number;
  /** @returns whether the connection of that `address:port` is to end. */
  readonly blame: (peer: string, offence: Offence) => boolean;
}

/** Watches the streams of every connection. Call it once the library's connection injector is there. */
export function watchStreams(grpc: Server, { headerBytesMax, blame }: StreamWatchOptions): void {
  for (const server of http2ServersOf(grpc)) {
    server.on('session', (session) => {
      const { remoteAddress, remotePort } = session.socket;
      const peer = `${remoteAddress}:${remotePort}`;
      const note = (offence: Offence) => {
        if (!session.destroyed && blame(peer, offence)) {
          session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
        }
      };
      session.prependListener('stream', (stream, headers) => {
        if (lengthOf(headers) > GROSS_FACTOR * headerBytesMax) {
          note('headers-gross');
        }
        // A reset ends what is read of a stream as well; only that it is closed by then tells the two apart.
        let cameWhole = false;
        stream.once('end', () => {
          cameWhole = !stream.closed;
        });
        stream.once('close', () => {
          // Who has waited for a lock may take that back, as often as it likes.
          if (!cameWhole && stream.rstCode !== constants.NGHTTP2_NO_ERROR) {
            note('call-taken-back');
          }
        });
      });
    });
  }
}

/**
 * The library keeps its HTTP/2 servers to itself, and offers no other way to see a stream before it does.
 * Should it ever keep them elsewhere, no server starts, which every spec of this folder tells.
 */
function http2ServersOf(grpc: Server): readonly Http2Server[] {
  const servers: unknown = Reflect.get(grpc, 'http2Servers');
  if (!(servers instanceof Map) || servers.size === 0) {
    throw new TypeError('this version of grpc-js keeps its HTTP/2 servers elsewhere');
  }
  return [...servers.keys()] as readonly Http2Server[];
}

function lengthOf(headers: IncomingHttpHeaders): number {
  let length = 0;
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    // Of a field that comes more than once, the values are one text, or a list of them.
    length += typeof value === 'string' ? value.length : (value?.join('').length ?? 0);
  }
  return length;
}
