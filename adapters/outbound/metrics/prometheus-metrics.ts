/** Why: all that is counted in this process, to be read in Prometheus' format. docs/METRICS.md names each. */
import { Registry } from 'prom-client';
import { Tally } from '../../../domain/tally.js';
import type {
  JournalMetrics,
  Metrics,
  ServerCensus,
  StoreMetrics,
} from '../../../ports/outbound/metrics.js';
import { censusGauges } from './census-gauges.js';
import { decisionCounts } from './decision-counts.js';
import { journalCounts } from './journal-counts.js';
import { type ProcessDescription, processGauges } from './process-gauges.js';
import { storeCounts } from './store-counts.js';

export class PrometheusMetrics implements Metrics {
  readonly contentType: string = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly tally = new Tally();
  readonly store: StoreMetrics;
  readonly journal: JournalMetrics;
  readonly #registry = new Registry();
  readonly #decisions: () => string;
  #census: (() => ServerCensus) | undefined;

  constructor(description: ProcessDescription) {
    this.#decisions = decisionCounts(this.#registry, this.tally);
    censusGauges(this.#registry, () => this.#census?.());
    this.store = storeCounts(this.#registry);
    this.journal = journalCounts(this.#registry);
    processGauges(this.#registry, description);
  }

  watch(census: () => ServerCensus): () => void {
    this.#census = census;
    return () => {
      if (this.#census === census) {
        this.#census = undefined;
      }
    };
  }

  async text(): Promise<string> {
    return `${await this.#registry.metrics()}\n${this.#decisions()}`;
  }
}
