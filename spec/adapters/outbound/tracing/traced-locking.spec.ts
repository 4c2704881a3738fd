import { expect } from 'chai';
import type { TracedRequest } from '../../../../ports/outbound/tracing.js';
import { RecordedSpans } from '../../../support/recorded-spans.js';
import { TracedWorld } from '../../../support/traced-world.js';

const carrier = { names: () => [], get: () => undefined };

describe('TracedLocking', () => {
  let spans: RecordedSpans;
  let world: TracedWorld;

  beforeEach(async () => {
    spans = RecordedSpans.register();
    world = await TracedWorld.start();
  });

  afterEach(async () => {
    await world.stop();
    spans.remove();
  });

  function begin(isStream: boolean): TracedRequest {
    return world.tracing.requests.begin({ name: 'request', attributes: {}, carrier, isStream });
  }

  /** What a span of a request says after `work`, which ends it as soon as it hears of its answer. */
  async function said(
    work: () => Promise<unknown>,
    { isStream = false } = {},
  ): Promise<Record<string, unknown> | undefined> {
    const request = begin(isStream);
    await request.run(() => work().then(() => request.end({ attributes: {} })));
    return spans.named('request')[0]?.attributes;
  }

  it('says of a lock which one it was, and its fencing token', async () => {
    let fencingToken = 0;
    const attributes = await said(async () => {
      const outcome = await world.acquire({ name: 'printer' }).answer;
      fencingToken = outcome.kind === 'granted' ? outcome.fencingToken : 0;
    });
    expect(attributes).to.deep.equal({
      'ldlm.lock.name': 'printer',
      'ldlm.outcome': 'granted',
      'ldlm.fencing_token': fencingToken,
    });
  });

  for (const [what, outcome, ask] of [
    ['release', 'key-invalid', () => world.locking.release({ name: 'a', key: 'other' })],
    ['renewal', 'lease-unknown', () => world.locking.renew({ name: 'a', key: 'k', leaseMs: 1 })],
    ['check', 'lease-unknown', () => world.locking.check({ name: 'a', key: 'other' })],
    ['lock', 'held', () => world.acquire({ waitMs: 0 }).answer],
  ] as const) {
    it(`says why a ${what} was refused`, async () => {
      world.acquire();
      const attributes = await said(ask);
      expect(attributes).to.deep.equal({ 'ldlm.lock.name': 'a', 'ldlm.outcome': outcome });
    });
  }

  it('says of a release that it was done', async () => {
    const { key } = world.acquire();
    const attributes = await said(() => world.locking.release({ name: 'a', key }));
    expect(attributes).to.deep.equal({ 'ldlm.lock.name': 'a', 'ldlm.outcome': 'released' });
  });

  it('says nothing of single requests on the span of a stream', async () => {
    expect(await said(() => world.acquire().answer, { isStream: true })).to.deep.equal({});
  });

  it('gives back the very answers', async () => {
    const { locking, service } = world;
    const sessionId = world.session();
    expect(locking.touchSession(sessionId)).to.equal(service.touchSession(sessionId));
    expect(locking.touchSession('other')).to.equal(false);
    expect(await locking.endSession(sessionId, 'closed')).to.equal(true);
    expect(await locking.endSession(sessionId, 'closed')).to.equal(false);
    const listener = () => undefined;
    const opening = { sessionId: 's', peer: 'spec', recoveryMs: 1_000, listener };
    expect(await locking.openStreamSession(opening)).to.deep.equal({
      kind: 'opened',
      sessionId: 's',
    });
    locking.detachSession('s');
    expect(await locking.resumeSession(opening)).to.deep.equal({
      kind: 'resumed',
      recoveryMs: 1_000,
    });
    locking.detachSession('s');
    await world.clock.advance(1_000);
    expect(await locking.resumeSession(opening)).to.include({ code: 'session-unknown' });
  });

  it('takes a request that is not sampled as any other', async () => {
    spans.remove();
    spans = RecordedSpans.register({ sampled: 'none' });
    await said(() => world.acquire().answer);
    expect(world.service.leaseCount).to.equal(1);
    expect(spans.begun).to.deep.equal([]);
  });
});
