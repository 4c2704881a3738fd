import { expect } from 'chai';
import { OpenTelemetryTracing } from '../../../../adapters/outbound/tracing/open-telemetry-tracing.js';
import { RecordedSpans } from '../../../support/recorded-spans.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

describe('OpenTelemetryTracing', () => {
  const options = { version: '1.2.3', logger: new RecordingLogger() };
  const request = {
    name: 'request',
    attributes: {},
    carrier: { names: () => [], get: () => undefined },
    isStream: false,
  };

  it('is not there without an SDK', () => {
    expect(OpenTelemetryTracing.find(options)).to.equal(undefined);
  });

  it('is there with one, and names itself', () => {
    const spans = RecordedSpans.register();
    OpenTelemetryTracing.find(options)?.requests.begin(request).end({ attributes: {} });
    spans.remove();
    expect(spans.ended[0]?.instrumentationScope).to.include({ name: 'ldlm', version: '1.2.3' });
  });

  it('is not there any more when the SDK is gone', () => {
    RecordedSpans.register().remove();
    expect(OpenTelemetryTracing.find(options)).to.equal(undefined);
  });
});
