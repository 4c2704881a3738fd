import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { expect } from 'chai';
import { LdlmClient } from '../../client/ldlm-client.js';
import { LockTraces, traceWordsOf } from '../../client/lock-traces.js';
import { placeOf, RecordedSpans } from '../support/recorded-spans.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const WAIT = 'ldlm.client.wait';
const HOLD = 'ldlm.client.hold';

describe('LockTraces', () => {
  let spans: RecordedSpans;
  let server: TestServer;
  let client: LdlmClient;

  beforeEach(async () => {
    spans = RecordedSpans.register();
    server = await startTestServer();
    client = new LdlmClient({ addresses: [server.address] });
  });

  afterEach(async () => {
    await client.close();
    await server.stop();
    spans.remove();
  });

  /** Does something as a piece of work of the program. */
  function working<Result>(work: () => Promise<Result>) {
    const span = trace.getTracer('spec').startSpan('work');
    return { span, done: context.with(trace.setSpan(ROOT_CONTEXT, span), work) };
  }

  async function metadataOfHolders() {
    const owners = [];
    for await (const page of server.server.administration.holders()) {
      owners.push(...page.map(({ owner = {} }) => owner));
    }
    return owners;
  }

  for (const unary of [false, true]) {
    describe(unary ? 'by single calls' : 'by a stream', () => {
      beforeEach(async () => {
        await client.close();
        client = new LdlmClient({ addresses: [server.address], unary });
      });

      it('show wait and hold as the work’s, and the server’s as the wait’s', async () => {
        const { span, done } = working(() => client.lock('a', { size: 2 }));
        const lock = await done;
        await lock.release();
        const [[wait], [hold]] = [spans.named(WAIT), spans.named(HOLD)];
        const { traceId, spanId } = span.spanContext();
        expect(placeOf(wait)).to.deep.equal({ traceId, parentId: spanId });
        expect(placeOf(hold)).to.deep.equal({ traceId, parentId: spanId });
        expect(wait?.kind).to.equal(SpanKind.CLIENT);
        const { fencingToken } = lock;
        expect(wait?.attributes).to.deep.equal({
          'ldlm.lock.name': 'a',
          'ldlm.lock.size': 2,
          'ldlm.outcome': 'granted',
          'ldlm.fencing_token': fencingToken,
        });
        expect(hold?.attributes).to.deep.equal({
          'ldlm.lock.name': 'a',
          'ldlm.fencing_token': fencingToken,
          'ldlm.lease.ending': 'released',
        });
        const first = unary ? 'ldlm.LDLM/Lock' : 'ldlm.lock.wait';
        const [atServer] = await spans.until(first, 1);
        expect(placeOf(atServer)).to.deep.equal({
          traceId,
          parentId: wait?.spanContext().spanId,
        });
      });

      it('tell that others hold it', async () => {
        await client.lock('a');
        expect(await client.tryLock('a')).to.equal(null);
        expect(spans.named(WAIT)[1]?.attributes['ldlm.outcome']).to.equal('held');
      });

      it('tell that the program did not want it any more', async () => {
        await client.lock('a');
        const abort = new AbortController();
        const waiting = client.lock('a', { signal: abort.signal }).catch(() => undefined);
        abort.abort();
        await waiting;
        expect(spans.named(WAIT)[1]?.attributes['ldlm.outcome']).to.equal('aborted');
      });

      it('end a hold that the client gave back by closing', async () => {
        await client.lock('a');
        await client.close();
        expect(spans.named(HOLD)[0]?.attributes['ldlm.lease.ending']).to.equal('closed');
      });
    });
  }

  it('tell how a lock was lost', async () => {
    const lock = await client.lock('a');
    await server.server.administration.revoke({ name: 'a' });
    await new Promise((resolve) => lock.signal.addEventListener('abort', resolve));
    expect(spans.named(HOLD)[0]?.attributes['ldlm.lease.ending']).to.equal('revoked');
  });

  it('tell of a server that is not there as of a failure', async () => {
    const addresses = ['127.0.0.1:1'];
    const astray = new LdlmClient({ addresses, unavailableTimeoutMs: 1, connectTimeoutMs: 1 });
    await astray.lock('a').catch(() => undefined);
    await astray.close();
    const [wait] = spans.named(WAIT);
    expect(wait?.status.code).to.equal(SpanStatusCode.ERROR);
    expect(wait?.attributes['error.type']).to.equal('unavailable');
  });

  it('leave the program’s own words room, and alone', async () => {
    await client.lock('a', { metadata: { job: 'x'.repeat(1_000) } });
    await client.lock('b', { metadata: { traceparent: 'my own' } });
    const owners = await metadataOfHolders();
    expect(owners.map(({ job, traceparent }) => [job?.length, traceparent])).to.have.deep.members([
      [1_000, undefined],
      [undefined, 'my own'],
    ]);
  });

  it('ask and hold without a trace when the SDK throws', async () => {
    spans.remove();
    spans = RecordedSpans.register({ fault: new Error('a plug-in broke') });
    const careless = new LdlmClient({ addresses: [server.address] });
    const lock = await careless.lock('a');
    await lock.release();
    await careless.close();
    expect(await client.tryLock('a')).not.to.equal(null);
  });

  it('are not there without an SDK', () => {
    spans.remove();
    expect(LockTraces.find()).to.equal(undefined);
  });

  it('give to a single call what its metadata can hold', () => {
    const words = { traceparent: '00-1', tracestate: 'ä', job: 'x' };
    expect(traceWordsOf(words)).to.deep.equal({ traceparent: '00-1' });
    expect(traceWordsOf(undefined)).to.deep.equal({});
  });
});
