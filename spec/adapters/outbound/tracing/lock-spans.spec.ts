import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { expect } from 'chai';
import { CarefulTracer } from '../../../../adapters/outbound/tracing/careful-tracer.js';
import { LockSpans } from '../../../../adapters/outbound/tracing/lock-spans.js';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import { CALLER, placeOf, RecordedSpans } from '../../../support/recorded-spans.js';
import { TracedWorld } from '../../../support/traced-world.js';

const WAIT = 'ldlm.lock.wait';
const HOLD = 'ldlm.lock.hold';

describe('LockSpans', () => {
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

  function newLockSpans(holdsMax = 10): LockSpans {
    return new LockSpans(new CarefulTracer(trace.getTracer('spec'), world.logger), holdsMax);
  }

  describe('the span of a wait', () => {
    it('ends when the lock is granted, before the lock is released', async () => {
      const { answer } = world.acquire({ name: 'printer', size: 2, leaseMs: 30_000 });
      expect(spans.named(WAIT)).to.have.length(1);
      const outcome = await answer;
      expect(spans.named(WAIT)[0]?.attributes).to.deep.equal({
        'ldlm.lock.name': 'printer',
        'ldlm.lock.size': 2,
        'ldlm.outcome': 'granted',
        'ldlm.fencing_token': outcome.kind === 'granted' && outcome.fencingToken,
      });
      expect(spans.named(HOLD)).to.have.length(0);
    });

    it('lasts while others hold the lock, and ends when they give it back', async () => {
      const first = world.acquire();
      const second = world.acquire();
      expect(spans.open(WAIT)).to.have.length(1);
      await world.locking.release({ name: 'a', key: first.key });
      expect(spans.open(WAIT)).to.have.length(0);
      await second.answer;
      expect(spans.open(HOLD)).to.have.length(1);
    });

    for (const [what, code, refuse] of [
      ['held', 'held', () => world.acquire({ waitMs: 0 })],
      ['another size', 'size-mismatch', () => world.acquire({ size: 7 })],
      ['a wait that was too long', 'wait-timeout', () => world.acquire({ waitMs: 5_000 })],
    ] as const) {
      it(`tells of a refusal, which is no failure: ${what}`, async () => {
        world.acquire();
        const { answer } = refuse();
        await world.clock.advance(5_000);
        await answer;
        const [, refused] = spans.named(WAIT);
        expect(refused?.attributes['ldlm.outcome']).to.equal(code);
        expect(refused?.status.code).to.equal(SpanStatusCode.UNSET);
        expect(spans.begun.filter(({ name }) => name === HOLD)).to.have.length(1);
      });
    }

    it('ends as withdrawn when its client is gone', async () => {
      world.acquire();
      const waiting = world.acquire();
      waiting.withdraw();
      await waiting.answer;
      expect(spans.named(WAIT)[1]?.attributes['ldlm.outcome']).to.equal('withdrawn');
    });

    it('ends as failed when the server cannot vouch for its state', async () => {
      const store = new ControlledStateStore();
      const failing = await TracedWorld.start(store);
      failing.acquire().answer.catch(() => undefined);
      const waiting = failing.acquire();
      store.fail();
      await waiting.answer.catch(() => undefined);
      const [, ended] = spans.named(WAIT);
      expect(ended?.status.code).to.equal(SpanStatusCode.ERROR);
      expect(ended?.attributes['error.type']).to.equal('state-unknown');
      await failing.stop();
    });

    it('has of a long name what a log line shows', async () => {
      await world.acquire({ name: 'x'.repeat(500) }).answer;
      expect(spans.named(WAIT)[0]?.attributes['ldlm.lock.name']).to.equal(`${'x'.repeat(128)}…`);
    });
  });

  describe('the span of a hold', () => {
    it('begins when the wait ends', async () => {
      const { key, answer } = world.acquire({ leaseMs: 30_000 });
      const outcome = await answer;
      await world.locking.release({ name: 'a', key });
      const [hold] = spans.named(HOLD);
      expect(spans.course).to.deep.equal([
        `${WAIT} begins`,
        `${WAIT} ends`,
        `${HOLD} begins`,
        `${HOLD} ends`,
      ]);
      expect(hold?.attributes).to.deep.equal({
        'ldlm.lock.name': 'a',
        'ldlm.lock.size': 1,
        'ldlm.fencing_token': outcome.kind === 'granted' && outcome.fencingToken,
        'ldlm.lease.time_ms': 30_000,
        'ldlm.lease.ending': 'released',
        'ldlm.lease.renewal_count': 0,
      });
    });

    for (const [ending, end] of [
      ['released', (key: string) => world.locking.release({ name: 'a', key })],
      ['expired', () => world.clock.advance(30_000)],
      ['revoked', (key: string) => world.service.administration.revoke({ name: 'a', key })],
      ['session-ended', () => world.locking.endSession('of the holder', 'gone')],
      ['server-stopped', () => world.stop()],
    ] as const) {
      it(`tells how the lease ended: ${ending}`, async () => {
        const sessionId = world.session();
        const { key } = world.acquire({ sessionId, leaseMs: 30_000 });
        expect(spans.open(HOLD)).to.have.length(1);
        await (ending === 'session-ended' ? world.locking.endSession(sessionId, 'gone') : end(key));
        const endings = spans.named(HOLD).map(({ attributes }) => attributes['ldlm.lease.ending']);
        expect(endings).to.deep.equal([ending]);
      });
    }

    it('counts the renewals', async () => {
      const { key } = world.acquire({ leaseMs: 30_000 });
      await world.locking.renew({ name: 'a', key, leaseMs: 10_000 });
      await world.locking.renew({ name: 'a', key, leaseMs: 10_000 });
      await world.locking.release({ name: 'a', key });
      expect(spans.named(HOLD)[0]?.attributes['ldlm.lease.renewal_count']).to.equal(2);
    });

    it('is not begun for more leases at once than there may be', () => {
      const lockSpans = newLockSpans(3);
      const answer = new Promise<never>(() => undefined);
      const hold = (name: string) => {
        const key = name;
        const request = { sessionId: 's', name, size: 1, waitMs: 0, leaseMs: 1 };
        lockSpans.acquire(request, () => {
          const granted = { type: 'lease-granted', fencingToken: 1, at: 0 } as const;
          lockSpans.note([{ ...granted, ...request, key }]);
          return { key, answer, withdraw: () => undefined };
        });
      };
      for (let count = 0; count <= 3; count += 1) {
        hold(`n${count}`);
      }
      expect(lockSpans.openCount).to.equal(3);
      lockSpans.close();
      expect(lockSpans.openCount).to.equal(0);
    });
  });

  describe('the trace', () => {
    it('is that of the work during which it was asked, for wait and hold', async () => {
      const tracer = trace.getTracer('spec');
      const work = tracer.startSpan('work');
      const { key } = context.with(trace.setSpan(ROOT_CONTEXT, work), () => world.acquire());
      await world.locking.release({ name: 'a', key });
      const { traceId, spanId } = work.spanContext();
      for (const name of [WAIT, HOLD]) {
        expect(placeOf(spans.named(name)[0])).to.deep.equal({ traceId, parentId: spanId });
      }
    });

    it('of a waiter is its own, and not that of whoever gave the lock back', async () => {
      const tracer = trace.getTracer('spec');
      const first = world.acquire();
      const waiting = tracer.startSpan('waiting');
      const second = context.with(trace.setSpan(ROOT_CONTEXT, waiting), () => world.acquire());
      const releasing = trace.setSpan(ROOT_CONTEXT, tracer.startSpan('releasing'));
      await context.with(releasing, () => world.locking.release({ name: 'a', key: first.key }));
      await second.answer;
      await world.locking.release({ name: 'a', key: second.key });
      expect(placeOf(spans.named(HOLD)[1]).parentId).to.equal(waiting.spanContext().spanId);
    });

    it('is that of the words of its metadata, where it has some, with a link to what brought it', async () => {
      const stream = trace.getTracer('spec').startSpan('stream');
      const { traceparent, traceId, spanId } = CALLER;
      const { key } = context.with(trace.setSpan(ROOT_CONTEXT, stream), () =>
        world.acquire({ metadata: { traceparent, job: 'nightly' } }),
      );
      await world.locking.release({ name: 'a', key });
      for (const name of [WAIT, HOLD]) {
        expect(placeOf(spans.named(name)[0])).to.deep.equal({ traceId, parentId: spanId });
      }
      const links = spans.named(WAIT)[0]?.links.map(({ context: linked }) => linked.spanId);
      expect(links).to.deep.equal([stream.spanContext().spanId]);
    });

    it('is that of the work where the words have none', async () => {
      const work = trace.getTracer('spec').startSpan('work');
      context.with(trace.setSpan(ROOT_CONTEXT, work), () =>
        world.acquire({ metadata: { traceparent: 'nonsense' } }),
      );
      expect(placeOf(spans.named(WAIT)[0]).parentId).to.equal(work.spanContext().spanId);
      expect(spans.named(WAIT)[0]?.links).to.deep.equal([]);
    });
  });

  it('keeps nothing of what is over', async () => {
    const lockSpans = newLockSpans();
    const request = { sessionId: 's', name: 'a', size: 1, waitMs: 0, leaseMs: 1 };
    const answer = Promise.resolve({ kind: 'refused', code: 'held' } as const);
    lockSpans.acquire(request, () => ({ key: 'k', answer, withdraw: () => undefined }));
    expect(lockSpans.openCount).to.equal(1);
    await answer;
    expect(lockSpans.openCount).to.equal(0);
  });

  describe('where a wait is not sampled', () => {
    beforeEach(() => {
      spans.remove();
      spans = RecordedSpans.register({ sampled: 'none' });
    });

    it('makes no span of it, nor of its hold', async () => {
      const { answer } = world.acquire();
      expect(await answer).to.include({ kind: 'granted' });
      expect(spans.begun).to.deep.equal([]);
    });

    it('takes its grant for nobody else’s who asks in that moment', () => {
      const lockSpans = newLockSpans();
      const request = { sessionId: 's', name: 'a', size: 1, waitMs: 1, leaseMs: 1 };
      const answer = new Promise<never>(() => undefined);
      const withdraw = () => undefined;
      lockSpans.acquire(request, () => ({ key: 'unsampled', answer, withdraw }));
      const { traceparent } = CALLER;
      lockSpans.acquire({ ...request, metadata: { traceparent } }, () => {
        const granted = { type: 'lease-granted', fencingToken: 1, at: 0 } as const;
        lockSpans.note([{ ...granted, ...request, key: 'unsampled' }]);
        return { key: 'sampled', answer, withdraw };
      });
      expect(spans.open(WAIT)).to.have.length(1);
      expect(spans.open(HOLD)).to.have.length(0);
    });
  });

  it('lets the locks go on when the SDK throws, and tells that once', async () => {
    spans.remove();
    spans = RecordedSpans.register({ fault: new Error('a plug-in broke') });
    const faulty = await TracedWorld.start();
    const { key, answer } = faulty.acquire();
    expect(await answer).to.include({ kind: 'granted' });
    expect(await faulty.locking.release({ name: 'a', key })).to.include({ kind: 'released' });
    expect(faulty.logger.lines.filter(({ level }) => level === 'warn')).to.deep.equal([
      {
        level: 'warn',
        message: 'Tracing failed, and goes on as far as it can; told once',
        fields: { reason: 'a plug-in broke' },
      },
    ]);
    await faulty.stop();
  });
});
