import { trace } from '@opentelemetry/api';
import { MemoryStateStore } from '../../../../adapters/outbound/memory/memory-state-store.js';
import { OpenTelemetryTracing } from '../../../../adapters/outbound/tracing/open-telemetry-tracing.js';
import { stateStoreContract } from '../../../contracts/state-store.contract.js';
import { RecordedSpans } from '../../../support/recorded-spans.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

stateStoreContract('TracedStateStore', {
  supports: { durability: false, exclusiveOpen: false },
  createPlace: () => RecordedSpans.register(),
  disposePlace: (spans) => spans.remove(),
  newStore: () =>
    new OpenTelemetryTracing(trace.getTracer('spec'), new RecordingLogger()).traceStore(
      new MemoryStateStore(),
    ),
});
