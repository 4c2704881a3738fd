/** Why: an address that cannot be listened on is the operator's to mend, so the message says how. */

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it, or choose another --listen_address',
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose another --listen_address',
  ENOTFOUND: 'the host name is not known; choose another --listen_address',
};

/** The address cannot be listened on. `message` says which and what to do. */
export class GrpcListenError extends Error {
  override readonly name = 'GrpcListenError';
  readonly code: string | undefined;

  constructor(address: string, cause: NodeJS.ErrnoException) {
    const reason = WHAT_TO_DO[cause.code ?? ''] ?? cause.message;
    super(`cannot listen on ${address}: ${reason}`, { cause });
    this.code = cause.code;
  }
}
