/** The whole server with an OpenTelemetry SDK in its process, and without one. */
import { context, ProxyTracer, propagation } from '@opentelemetry/api';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import { FrameClient } from '../support/frame-client.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { CALLER, placeOf, RecordedSpans } from '../support/recorded-spans.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';
import { acquire } from '../support/stream-world.js';

const WAIT = 'ldlm.lock.wait';
const HOLD = 'ldlm.lock.hold';
const { traceparent } = CALLER;
const caller = { traceId: CALLER.traceId, parentId: CALLER.spanId };

describe('startServer and traces', () => {
  const folder = new SpecFolder();
  let server: RunningServer;
  const closing: { close(): void }[] = [];

  afterEach(async () => {
    for (const client of closing.splice(0)) {
      client.close();
    }
    await server.stop();
  });

  after(() => {
    folder.remove();
  });

  async function start(stateFile?: string): Promise<void> {
    const address = { host: '127.0.0.1', port: 0 };
    server = await startServer({
      settings: {
        listenAddress: address,
        restListenAddress: address,
        ...(stateFile !== undefined && { stateFile }),
      },
      parts: { logger: new RecordingLogger('error') },
    });
  }

  function client(metadata: Readonly<Record<string, string>> = {}): GrpcWorldClient {
    const client = new GrpcWorldClient(server.grpcAddress, { metadata });
    closing.push(client);
    return client;
  }

  async function post(path: string, body: object, headers: Record<string, string>) {
    const url = `http://${server.restAddress}${path}`;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
    return (await answer.json()) as Record<string, string>;
  }

  async function lockByRest(headers: Record<string, string> = {}): Promise<void> {
    const { session_id = '' } = await post('/session', {}, {});
    const shown = { ...headers, 'ldlm-session': session_id };
    const { key } = await post('/v1/lock', { name: 'r' }, shown);
    await post('/v1/unlock', { name: 'r', key }, shown);
  }

  async function lockByStream(metadata: Readonly<Record<string, string>> = {}): Promise<void> {
    const stream = new FrameClient(server.grpcAddress, { metadata });
    closing.push(stream);
    stream.hello();
    stream.send({ acquires: [acquire(1), acquire(2, { name: 'own', metadata: { traceparent } })] });
    await Promise.all([stream.granted(1), stream.granted(2)]);
    stream.send({ goodbye: true });
    await stream.status;
  }

  describe('with an SDK', () => {
    let spans: RecordedSpans;

    beforeEach(async () => {
      spans = RecordedSpans.register();
      await start();
    });

    afterEach(() => {
      spans.remove();
    });

    /** Of spans of that name, the one on that lock. */
    function spanOn(name: string, lock: string) {
      return spans.ended.find(
        (span) => span.name === name && span.attributes['ldlm.lock.name'] === lock,
      );
    }

    it('a call of gRPC is its caller’s, and wait and hold are the call’s', async () => {
      const one = client({ traceparent });
      const { key } = await one.call('Lock', { name: 'g' });
      await one.call('Unlock', { name: 'g', key });
      await spans.until('ldlm.LDLM/Unlock', 1);
      const [lock] = spans.named('ldlm.LDLM/Lock');
      const [unlock] = spans.named('ldlm.LDLM/Unlock');
      expect([lock, unlock].map(placeOf)).to.deep.equal([caller, caller]);
      expect(lock?.attributes).to.include({ 'ldlm.lock.name': 'g', 'ldlm.outcome': 'granted' });
      expect(unlock?.attributes).to.include({ 'ldlm.outcome': 'released' });
      const { traceId } = CALLER;
      const place = { traceId, parentId: lock?.spanContext().spanId };
      expect(placeOf(spanOn(WAIT, 'g'))).to.deep.equal(place);
      expect(placeOf(spanOn(HOLD, 'g'))).to.deep.equal(place);
    });

    it('a request of REST is its caller’s, and wait and hold are the request’s', async () => {
      await lockByRest({ traceparent });
      const [lock] = await spans.until('POST /v1/lock', 1);
      expect(placeOf(lock)).to.deep.equal(caller);
      expect(lock?.attributes).to.include({ 'ldlm.lock.name': 'r', 'ldlm.outcome': 'granted' });
      const place = { traceId: CALLER.traceId, parentId: lock?.spanContext().spanId };
      expect(placeOf(spanOn(WAIT, 'r'))).to.deep.equal(place);
      expect(placeOf(spanOn(HOLD, 'r'))).to.deep.equal(place);
    });

    it('of what is asked on a stream it is the stream, or what the request says itself', async () => {
      await lockByStream();
      const [stream] = await spans.until('ldlm.LDLM/Session', 1);
      expect(placeOf(stream).parentId).to.equal(undefined);
      const { traceId, spanId: parentId } = stream?.spanContext() ?? {};
      expect(placeOf(spanOn(HOLD, 'printer'))).to.deep.equal({ traceId, parentId });
      expect(placeOf(spanOn(HOLD, 'own'))).to.deep.equal(caller);
      expect(spanOn(WAIT, 'own')?.links[0]?.context.spanId).to.equal(parentId);
      expect(stream?.attributes).not.to.have.property('ldlm.outcome');
    });

    it('a stream is its caller’s, where it has one', async () => {
      await lockByStream({ traceparent });
      const [stream] = await spans.until('ldlm.LDLM/Session', 1);
      expect(placeOf(stream)).to.deep.equal(caller);
    });

    it('over a restart, a hold ends with the server, and has no span after it', async () => {
      await server.stop();
      await start(folder.file('state'));
      const { key } = await client().call('Lock', { name: 'kept' });
      await server.stop();
      expect(spanOn(HOLD, 'kept')?.attributes).to.include({
        'ldlm.lease.ending': 'server-stopped',
      });
      await start(folder.file('state'));
      expect(await client().call('Unlock', { name: 'kept', key })).to.include({ unlocked: true });
      expect(spans.begun.filter(({ name }) => name === HOLD)).to.have.length(1);
      const [unlock] = await spans.until('ldlm.LDLM/Unlock', 1);
      expect(unlock?.attributes).to.include({ 'ldlm.outcome': 'released' });
    });
  });

  it('without an SDK ask nothing of OpenTelemetry, for whatever is asked of the server', async () => {
    const asked: string[] = [];
    const restore = [
      spied(ProxyTracer.prototype, 'startSpan', asked),
      spied(propagation, 'extract', asked),
      spied(context, 'with', asked),
      spied(context, 'active', asked),
    ];
    try {
      await start();
      const one = client({ traceparent });
      const { key } = await one.call('Lock', { name: 'g' });
      await one.call('Unlock', { name: 'g', key });
      await lockByRest({ traceparent });
      await lockByStream({ traceparent });
      expect(asked).to.deep.equal([]);
    } finally {
      for (const undo of restore) {
        undo();
      }
    }
  });
});

/** Notes each call of a method, and does what it did. @returns what makes it as it was. */
function spied(owner: object, name: string, calls: string[]): () => void {
  const before = Reflect.get(owner, name) as (...given: unknown[]) => unknown;
  const isOwn = Object.hasOwn(owner, name);
  Reflect.set(owner, name, function (this: unknown, ...given: unknown[]) {
    calls.push(name);
    return before.apply(this, given);
  });
  return () => {
    if (isOwn) {
      Reflect.set(owner, name, before);
    } else {
      Reflect.deleteProperty(owner, name);
    }
  };
}
