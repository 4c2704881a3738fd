/** Why: what the rules decided, in the words of the domain. */
import type { Registry } from 'prom-client';
import type { Tally } from '../../../domain/tally.js';
import { type DurationsDescription, durationsText } from './durations-text.js';
import { counterOnDemand, countersOnDemand } from './read-on-demand.js';

/** @returns what has to stand beside the registry's text. */
export function decisionCounts(registry: Registry, tally: Tally): () => string {
  counterOnDemand({
    registry,
    name: 'ldlm_grants_total',
    help: 'Slots of locks that were given to clients.',
    read: () => tally.grants,
  });
  counterOnDemand({
    registry,
    name: 'ldlm_renewals_total',
    help: 'Leases that were renewed.',
    read: () => tally.renewals,
  });
  countersOnDemand({
    registry,
    name: 'ldlm_leases_ended_total',
    help: 'Leases that are over, by reason.',
    label: 'reason',
    read: () => tally.endings,
  });
  countersOnDemand({
    registry,
    name: 'ldlm_refusals_total',
    help: 'Requests that were refused, by code.',
    label: 'code',
    read: () => tally.refusals,
  });
  const histograms: readonly DurationsDescription[] = [
    {
      name: 'ldlm_wait_seconds',
      help: 'How long those stood in a queue who were given a slot from it.',
      durations: tally.waits,
    },
    {
      name: 'ldlm_hold_seconds',
      help: 'How long leases lasted that are over.',
      durations: tally.holds,
    },
  ];
  return () => histograms.map(durationsText).join('\n');
}
