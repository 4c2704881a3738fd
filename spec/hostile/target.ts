/** What an attack is pointed at: the two ports of one server on loopback. */
export interface Target {
  /** `host:port` each. */
  readonly grpc: string;
  readonly rest: string;
  /** Whether both ports speak TLS. */
  readonly isSecure: boolean;
}

export type Port = 'grpc' | 'rest';
