/**
 * Why: load balancers and Kubernetes ask for the server's health without a password; what strangers may
 * ask for has to cost next to nothing.
 */
import { constants, type ServerHttp2Stream } from 'node:http2';

const OPEN_SERVICE = '/grpc.health.v1.Health/';

/** A service's name and gRPC's five bytes have ample room in it. */
export const OPEN_CALL_BYTES_MAX = 1_024;

/** @param path such as `/ldlm.LDLM/Lock`. @returns whether everybody may call that. */
export function isOpenCall(path: string): boolean {
  return path.startsWith(OPEN_SERVICE);
}

/**
 * The gRPC library has one bound on messages for all methods, which is far too wide for strangers. A stream
 * that sends more is reset.
 * @param onOverrun is called once.
 */
export function boundOpenCall(stream: ServerHttp2Stream, onOverrun: () => void): void {
  let byteCount = 0;
  stream.on('data', (bytes: Buffer) => {
    byteCount += bytes.length;
    if (byteCount > OPEN_CALL_BYTES_MAX && !stream.closed) {
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      onOverrun();
    }
  });
}
