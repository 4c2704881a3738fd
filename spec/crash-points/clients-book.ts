/** Why: what clients were told of each lock, and what they asked without being told: the measure of a server that comes up again. */

/**
 * Asked → granted → releasing → released. In `asked` and `releasing` the server may have died before it took the request
 * in, or after it kept it: the lock may stand either way.
 */
export interface NotedLease {
  readonly name: string;
  state: 'asked' | 'granted' | 'releasing' | 'released';
  /** Known from the grant on. */
  key: string;
  fencingToken: number;
  /** Of a stream session: by which it was asked for. */
  readonly requestId: number | undefined;
  /** Of a stream session: by which it was given back. */
  releaseId: number | undefined;
}

export class ClientsBook {
  readonly leases: NotedLease[] = [];
  /** Of the stream session; undefined until it was told. */
  token: string | undefined;
  highestToken = 0;

  ask(name: string, requestId?: number): NotedLease {
    const lease: NotedLease = {
      name,
      state: 'asked',
      key: '',
      fencingToken: 0,
      requestId,
      releaseId: undefined,
    };
    this.leases.push(lease);
    return lease;
  }

  /** @throws Error when the fencing token is no greater than all before. */
  grant(lease: NotedLease, key: string, fencingToken: number): void {
    if (fencingToken <= this.highestToken) {
      throw new Error(
        `${lease.name} was granted with fencing token ${fencingToken} after ${this.highestToken}`,
      );
    }
    this.highestToken = fencingToken;
    lease.state = 'granted';
    lease.key = key;
    lease.fencingToken = fencingToken;
  }
}
