/** Why: what the process is and how it does: version, role, memory, processor, event loop. */
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { gaugeOnDemand } from './read-on-demand.js';

/**
 * They list every socket in one go: with 18,000 connections one look at all of these stopped the event loop
 * for a quarter of a second.
 */
const TOO_DEAR = [
  'process_open_fds',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
];

/** How far apart the samples of the event loop's delay are, which each of them contains. */
const LOOP_SAMPLE_MS = 10;

export interface ProcessDescription {
  readonly version: string;
  /** Whether clients are served here. */
  readonly isLeader: () => boolean;
}

export function processGauges(registry: Registry, { version, isLeader }: ProcessDescription): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
  for (const name of TOO_DEAR) {
    registry.removeSingleMetric(name);
  }
  gaugeOnDemand({
    registry,
    name: 'ldlm_leader',
    help: '1 while this process serves clients, 0 while it does not.',
    read: () => (isLeader() ? 1 : 0),
  });
  new Gauge({
    name: 'ldlm_build_info',
    help: '1, with what runs here.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  }).set({ version, node_version: process.versions.node }, 1);
}
