/**
 * Why: an address that cannot be listened on is the operator's to mend, so the error says which and
 * how.
 */

export class AdminListenError extends Error {
  override readonly name = 'AdminListenError';
  readonly code: string | undefined;

  constructor(address: string, cause: NodeJS.ErrnoException) {
    super(`cannot listen on ${address}: ${NEXT[cause.code ?? ''] ?? cause.message}`, { cause });
    this.code = cause.code;
  }
}

const NEXT: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it, or choose another --admin_listen_address',
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose another --admin_listen_address',
  ENOTFOUND: 'the host name is not known; choose another --admin_listen_address',
};
