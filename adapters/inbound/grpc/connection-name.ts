/**
 * Why: a client may come by one port of its own to several addresses of the server, so only both ends
 * together tell connections apart.
 */

/** The ends of a connection, as sockets and calls have them; undefined once it has ended. */
export interface ConnectionEnds {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/** The same for a socket and for the calls that come by it; no other connection has it at that time. */
export function connectionName(ends: ConnectionEnds): string {
  const { remoteAddress, remotePort, localAddress, localPort } = ends;
  return `${remoteAddress}:${remotePort} to ${localAddress}:${localPort}`;
}
