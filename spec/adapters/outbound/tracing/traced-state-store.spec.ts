import { trace } from '@opentelemetry/api';
import { expect } from 'chai';
import { MemoryStateStore } from '../../../../adapters/outbound/memory/memory-state-store.js';
import { OpenTelemetryTracing } from '../../../../adapters/outbound/tracing/open-telemetry-tracing.js';
import type { StateStore } from '../../../../ports/outbound/state-store.js';
import { FixedTerm } from '../../../support/fixed-term.js';
import { stateStoreContract } from '../../../contracts/state-store.contract.js';
import { RecordedSpans } from '../../../support/recorded-spans.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

const logger = new RecordingLogger();

stateStoreContract('TracedStateStore', {
  supports: { durability: false, exclusiveOpen: false },
  createPlace: () => RecordedSpans.register(),
  disposePlace: (spans) => spans.remove(),
  newStore: () =>
    new OpenTelemetryTracing(trace.getTracer('spec'), logger).traceStore(new MemoryStateStore()),
});

describe('TracedStateStore', () => {
  it('has the term of the store behind it, once that has one', async () => {
    const inner: StateStore = new MemoryStateStore();
    const tracing = new OpenTelemetryTracing(trace.getTracer('spec'), logger);
    const store = tracing.traceStore(inner);
    expect(store.term).to.equal(undefined);
    const term = new FixedTerm();
    Object.defineProperty(inner, 'term', { value: term });
    expect(store.term).to.equal(term);
  });
});
