import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { expect } from 'chai';
import { CarefulTracer } from '../../../../adapters/outbound/tracing/careful-tracer.js';
import { answeredSpan, RequestSpans } from '../../../../adapters/outbound/tracing/request-spans.js';
import type { RequestToTrace } from '../../../../ports/outbound/tracing.js';
import { CALLER, placeOf, RecordedSpans } from '../../../support/recorded-spans.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

describe('RequestSpans', () => {
  let spans: RecordedSpans;
  let requests: RequestSpans;

  beforeEach(() => {
    spans = RecordedSpans.register();
    requests = new RequestSpans(new CarefulTracer(trace.getTracer('spec'), new RecordingLogger()));
  });

  afterEach(() => {
    spans.remove();
  });

  function begin(headers: Readonly<Record<string, string>> = {}, isStream = false) {
    const carrier = { names: () => Object.keys(headers), get: (name: string) => headers[name] };
    const request: RequestToTrace = {
      name: 'request',
      attributes: { asked: 1 },
      carrier,
      isStream,
    };
    return requests.begin(request);
  }

  it('are a server’s, and say what was known first and what became known', () => {
    begin().end({ attributes: { answered: 2 } });
    const [span] = spans.ended;
    expect(span?.kind).to.equal(SpanKind.SERVER);
    expect(span?.attributes).to.deep.equal({ asked: 1, answered: 2 });
    expect(span?.status.code).to.equal(SpanStatusCode.UNSET);
  });

  it('are part of the trace that the request brings', () => {
    begin({ traceparent: CALLER.traceparent }).end({ attributes: {} });
    const { traceId, spanId } = CALLER;
    expect(placeOf(spans.ended[0])).to.deep.equal({ traceId, parentId: spanId });
  });

  it('begin a trace where it brings none, whatever was going on when the server was started', () => {
    const starting = trace.setSpan(context.active(), trace.getTracer('spec').startSpan('starting'));
    context.with(starting, () => begin().end({ attributes: {} }));
    expect(placeOf(spans.ended[0]).parentId).to.equal(undefined);
  });

  it('tell what failed', () => {
    begin().end({ attributes: {}, failure: 'UNAVAILABLE' });
    const [span] = spans.ended;
    expect(span?.status.code).to.equal(SpanStatusCode.ERROR);
    expect(span?.attributes['error.type']).to.equal('UNAVAILABLE');
  });

  it('end once', () => {
    const request = begin();
    request.end({ attributes: { first: true } });
    request.end({ attributes: {}, failure: 'CANCELLED' });
    expect(spans.ended).to.have.length(1);
    expect(spans.ended[0]?.attributes).to.deep.equal({ asked: 1, first: true });
  });

  it('are what is active in the request’s work, and in what follows from it', async () => {
    const request = begin();
    const seen = await request.run(async () => {
      await Promise.resolve();
      return trace.getActiveSpan();
    });
    expect(seen).to.equal(spans.begun[0]);
    expect(trace.getActiveSpan()).to.equal(undefined);
  });

  it('are not answered for by what is asked on a stream', () => {
    expect(begin().run(answeredSpan)).to.equal(spans.begun[0]);
    expect(begin({}, true).run(answeredSpan)).to.equal(undefined);
    expect(answeredSpan()).to.equal(undefined);
  });

  it('let through what the work throws', () => {
    const fault = new Error('of the work');
    expect(() =>
      begin().run(() => {
        throw fault;
      }),
    ).to.throw(fault);
  });
});
