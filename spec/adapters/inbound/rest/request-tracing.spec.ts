import { expect } from 'chai';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import { CALLER } from '../../../support/recorded-spans.js';
import { RecordedTracing } from '../../../support/recorded-tracing.js';
import { RestWorld } from '../../../support/rest-world.js';

describe('requestTracing', () => {
  let tracing: RecordedTracing;
  let world: RestWorld;

  beforeEach(async () => {
    tracing = new RecordedTracing();
    world = await RestWorld.start({ server: { tracing } });
  });

  afterEach(async () => {
    await world.stop();
  });

  it('tells of a request by the names that OpenTelemetry has for HTTP', async () => {
    const client = await world.client({ traceparent: CALLER.traceparent });
    await client.post('/v1/lock', { name: 'a' });
    const [session, lock] = tracing.requests;
    expect(session?.name).to.equal('POST /session');
    expect(await tracing.outcomeOf(0)).to.deep.equal({
      attributes: { 'http.response.status_code': 201 },
    });
    const { 'network.peer.port': peerPort, ...attributes } = lock?.attributes ?? {};
    expect(attributes).to.deep.equal({
      'http.request.method': 'POST',
      'url.scheme': 'http',
      'url.path': '/v1/lock',
      'http.route': '/v1/lock',
      'server.address': '127.0.0.1',
      'server.port': Number(world.address.split(':')[1]),
      'network.peer.address': '127.0.0.1',
    });
    expect(peerPort).to.be.a('number');
    expect(lock).to.include({
      name: 'POST /v1/lock',
      isStream: false,
      traceparent: CALLER.traceparent,
      workCount: 1,
    });
    expect(await tracing.outcomeOf(1)).to.deep.equal({
      attributes: { 'http.response.status_code': 200 },
    });
  });

  for (const [method, path, name] of [
    ['POST', '/v1/lock?x=1', 'POST /v1/lock'],
    ['GET', '/what/somebody/made/up', 'GET'],
    ['PROPFIND', '/openapi.json', 'HTTP /openapi.json'],
    ['GET', `/${'x'.repeat(300)}`, 'GET'],
  ] as const) {
    it(`has one of few names for ${method} ${path.slice(0, 30)}`, async () => {
      await world.send({ method, path });
      const [request] = tracing.requests;
      expect(request?.name).to.equal(name);
      expect(request?.attributes['http.request.method']).to.equal(
        method === 'PROPFIND' ? '_OTHER' : method,
      );
      expect(String(request?.attributes['url.path']).length).to.be.lessThan(130);
    });
  }

  it('tells of a fault of the server as of one', async () => {
    const store = new ControlledStateStore();
    const failing = await RestWorld.start({ server: { tracing }, store });
    const client = await failing.client();
    const path = '/v1/lock';
    const answer = failing.send({
      method: 'POST',
      path,
      headers: { 'ldlm-session': client.token },
      body: '{"name":"a"}',
    });
    await failing.locking.until('acquire', 1);
    store.fail();
    expect(await answer).to.include({ status: 503 });
    expect(await tracing.outcomeOf(1)).to.deep.equal({
      attributes: { 'http.response.status_code': 503 },
      failure: '503',
    });
    await failing.stop();
  });

  it('tells of a request whose client hung up, too', async () => {
    const holder = await world.client();
    await holder.post('/v1/lock', { name: 'a' });
    const waiting = await world.client();
    const { hangUp } = waiting.start({
      method: 'POST',
      path: '/v1/acquire',
      body: '{"name":"a"}',
    });
    await world.locking.until('acquire', 2);
    hangUp();
    expect((await tracing.outcomeOf(3)).attributes).to.have.property('http.response.status_code');
  });

  it('tells nothing of strangers', async () => {
    const closed = await RestWorld.start({ server: { tracing }, password: 'sesame' });
    expect(await closed.send({ method: 'POST', path: '/session' })).to.include({ status: 401 });
    expect(tracing.requests).to.deep.equal([]);
    await closed.stop();
  });
});
