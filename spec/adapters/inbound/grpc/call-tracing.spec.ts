import { expect } from 'chai';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import { CompanionClient } from '../../../support/companion-client.js';
import { FrameClient } from '../../../support/frame-client.js';
import { GrpcWorld } from '../../../support/grpc-world.js';
import { CALLER } from '../../../support/recorded-spans.js';
import { RecordedTracing } from '../../../support/recorded-tracing.js';

describe('callTracing', () => {
  let tracing: RecordedTracing;
  let world: GrpcWorld;

  beforeEach(async () => {
    tracing = new RecordedTracing();
    world = await GrpcWorld.start({
      tracing,
      admission: { admit: (shown) => (shown === 'sesame' ? 'admitted' : 'missing') },
    });
  });

  afterEach(async () => {
    await world.stop();
  });

  function client(metadata: Readonly<Record<string, string>> = {}) {
    return world.client({ metadata: { authorization: 'sesame', ...metadata } });
  }

  it('tells of a call by the names that OpenTelemetry has for gRPC', async () => {
    await client({ traceparent: CALLER.traceparent }).call('Lock', { name: 'a' });
    const [request] = tracing.requests;
    const { 'network.peer.port': peerPort, ...attributes } = request?.attributes ?? {};
    expect(attributes).to.deep.equal({
      'rpc.system.name': 'grpc',
      'rpc.method': 'ldlm.LDLM/Lock',
      'server.address': '127.0.0.1',
      'server.port': Number(world.address.split(':')[1]),
      'network.peer.address': '127.0.0.1',
    });
    expect(peerPort).to.be.a('number');
    expect(request).to.include({
      name: 'ldlm.LDLM/Lock',
      isStream: false,
      traceparent: CALLER.traceparent,
    });
    expect(request?.carried).to.include('traceparent');
    expect(await tracing.outcomeOf(0)).to.deep.equal({
      attributes: { 'rpc.response.status_code': 'OK' },
    });
  });

  it('has the handler run as part of the call', async () => {
    await client().call('Lock', { name: 'a' });
    // Its metadata, its message, and the end of it, with which the handler is called.
    expect(tracing.requests[0]?.workCount).to.equal(3);
  });

  it('tells of a call that was taken back while it waited', async () => {
    await client().call('Lock', { name: 'a' });
    const { cancel, outcome } = client().start('Lock', { name: 'a' });
    await world.locking.until('acquire', 2);
    cancel();
    await outcome;
    expect(await tracing.outcomeOf(1)).to.deep.equal({
      attributes: { 'rpc.response.status_code': 'CANCELLED' },
    });
  });

  it('tells of a refusal by status that is no fault of the server as of none', async () => {
    await client().call('Lock', { name: 'x'.repeat(70_000) });
    expect(await tracing.outcomeOf(0)).to.deep.equal({
      attributes: { 'rpc.response.status_code': 'RESOURCE_EXHAUSTED' },
    });
  });

  it('tells of a fault of the server as of one', async () => {
    const store = new ControlledStateStore();
    const failing = await GrpcWorld.start({ tracing, store });
    const outcome = failing.client().call('Lock', { name: 'a' });
    await failing.locking.until('acquire', 1);
    store.fail();
    await outcome;
    expect(await tracing.outcomeOf(0)).to.deep.equal({
      attributes: { 'rpc.response.status_code': 'UNAVAILABLE' },
      failure: 'UNAVAILABLE',
    });
    await failing.stop();
  });

  it('tells of a session stream from its beginning to its end, and has its frames be part of it', async () => {
    const metadata = { authorization: 'sesame', traceparent: CALLER.traceparent };
    const stream = new FrameClient(world.address, { metadata });
    stream.hello();
    await stream.welcome();
    const [request] = tracing.requests;
    expect(request).to.include({
      name: 'ldlm.LDLM/Session',
      isStream: true,
      traceparent: CALLER.traceparent,
      outcome: undefined,
    });
    expect(request?.workCount).to.be.greaterThan(1);
    stream.send({ goodbye: true });
    await stream.status;
    expect(await tracing.outcomeOf(0)).to.deep.equal({
      attributes: { 'rpc.response.status_code': 'OK' },
    });
    stream.close();
  });

  it('tells nothing of strangers, nor of health and reflection', async () => {
    await world.client().call('Lock', { name: 'a' });
    const companion = new CompanionClient(world.address, { authorization: 'sesame' });
    expect(await companion.health('Check', {})).to.deep.equal({ status: 'SERVING' });
    const reflection = companion.reflect('v1');
    reflection.resume();
    reflection.end();
    await new Promise((resolve) => reflection.on('status', resolve));
    companion.close();
    expect(tracing.requests).to.deep.equal([]);
  });
});
