/** Why: how much there is of everything while this process serves, and nothing while it does not. */
import type { Registry } from 'prom-client';
import type { ServerCensus } from '../../../ports/outbound/metrics.js';
import { gaugeOnDemand, gaugesOnDemand } from './read-on-demand.js';

const NOBODY: ServerCensus = {
  locks: 0,
  leases: 0,
  waiters: 0,
  sessions: { connection: 0, rest: 0, stream: 0 },
  connections: { grpc: 0, rest: 0, ipc: 0 },
};

/** @param census undefined while this process does not serve. */
export function censusGauges(registry: Registry, census: () => ServerCensus | undefined): void {
  const taken = () => census() ?? NOBODY;
  gaugeOnDemand({
    registry,
    name: 'ldlm_locks',
    help: 'Locks that are known, idle ones among them until they are forgotten.',
    read: () => taken().locks,
  });
  gaugeOnDemand({
    registry,
    name: 'ldlm_leases',
    help: 'Leases that live: slots that are held.',
    read: () => taken().leases,
  });
  gaugeOnDemand({
    registry,
    name: 'ldlm_waiters',
    help: 'Requests that wait for a lock.',
    read: () => taken().waiters,
  });
  gaugesOnDemand({
    registry,
    name: 'ldlm_sessions',
    help: 'Sessions that are open, by kind.',
    label: 'kind',
    read: () => ({ ...taken().sessions }),
  });
  gaugesOnDemand({
    registry,
    name: 'ldlm_connections',
    help: 'Connections that are open, by port.',
    label: 'port',
    read: () => ({ ...taken().connections }),
  });
}
