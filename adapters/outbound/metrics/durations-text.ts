/**
 * Why: durations that the rules counted, written as the histogram that they are. The library's own histogram is
 * shown values one by one, and takes longer over each than the rules over a command.
 */
import type { Durations } from '../../../domain/durations.js';

export interface DurationsDescription {
  /** Ends in `_seconds`. */
  readonly name: string;
  /** One line. */
  readonly help: string;
  readonly durations: Durations;
}

/** In Prometheus' text format, version 0.0.4. */
export function durationsText({ name, help, durations }: DurationsDescription): string {
  const { boundsMs, counts, sumMs, count } = durations;
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  let countBelow = 0;
  boundsMs.forEach((boundMs, index) => {
    countBelow += counts[index] ?? 0;
    lines.push(`${name}_bucket{le="${boundMs / 1_000}"} ${countBelow}`);
  });
  lines.push(`${name}_bucket{le="+Inf"} ${count}`);
  lines.push(`${name}_sum ${sumMs / 1_000}`);
  lines.push(`${name}_count ${count}`);
  return `${lines.join('\n')}\n`;
}
