/** Why: one of several servers on one etcd, as it ships, in a process of its own that is stopped in order or killed. */
import { startCandidate } from 'ldlm';
import { answerParent } from './child-program.js';
import { silentLogger } from './silent-logger.js';

export interface CandidateStart {
  /** Of the gRPC server, on loopback. */
  readonly port: number;
  readonly etcdEndpoint: string;
  readonly leaderTtlMs: number;
}

answerParent(async ({ port, etcdEndpoint, leaderTtlMs }: CandidateStart) => {
  const candidate = await startCandidate({
    settings: {
      listenAddress: { host: '127.0.0.1', port },
      stateStore: 'etcd',
      etcdEndpoints: [etcdEndpoint],
      leaderTtlMs,
    },
    parts: { logger: silentLogger },
  });
  return {
    role: () => candidate.status().role,
    stop: () => candidate.stop(),
  };
});
