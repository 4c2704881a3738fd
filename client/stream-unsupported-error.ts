/** Why: the one end of a stream that is no failure: it tells the client to go on by single calls. */

/** The server does not have the session stream; ask it by single calls. */
export class StreamUnsupportedError extends Error {
  override readonly name = 'StreamUnsupportedError';
}
