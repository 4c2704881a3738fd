import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { HeldLock } from '../../client/held-lock.js';
import { LockLostError } from '../../client/ldlm-error.js';
import { NOTICE, REFUSAL } from '../../proto/session-frames.js';
import { EngineWorld, grant, outcomeOf, refuse } from '../support/engine-world.js';

let world: EngineWorld;

describe('StreamEngine', () => {
  beforeEach(() => {
    world = new EngineWorld();
  });

  describe('an answer', () => {
    it('that the lock is held by others is none to one who does not wait', async () => {
      const { outcome } = world.acquire({ waitUntil: undefined });
      const link = await world.welcomed();
      link.say(refuse(1, REFUSAL.held));
      expect(await outcome).to.equal(undefined);
    });

    it('that refuses is told in the program’s words', async () => {
      const { outcome } = world.acquire();
      const link = await world.welcomed();
      link.say(refuse(1, REFUSAL.sizeMismatch));
      expect(await outcomeOf(outcome)).to.equal('size-mismatch');
    });

    it('that fits no acquire is a fault of the server', async () => {
      const { outcome } = world.acquire();
      const link = await world.welcomed();
      link.say({ done: [1] });
      expect(await outcomeOf(outcome)).to.equal('protocol');
    });
  });

  describe('a wait that is over', () => {
    it('says that the lock did not come free, while a server is reached', async () => {
      const { outcome } = world.acquire({ waitUntil: world.clock.now() + 2_000 });
      const failure = outcome.catch((error: Error) => error.message);
      await world.welcomed();
      await world.clock.advance(2_000);
      expect(await failure).to.equal(
        '"printer" did not come free in time; try again, or wait longer',
      );
    });

    it('says why no server was reached, where none was', async () => {
      const { outcome } = world.acquire({ waitUntil: world.clock.now() + 2_000 });
      const failure = outcome.catch((error: Error) => error.message);
      await world.clock.settle();
      world.links.last.end();
      await world.clock.advance(2_000);
      expect(await failure).to.match(
        /^"printer" was not had in time: no server could be reached: .+; see that one runs, and try again$/,
      );
      expect(await outcomeOf(outcome)).to.equal('wait-timeout');
    });
  });

  describe('a lease', () => {
    it('is reckoned from before its request was sent, and lost at its end', async () => {
      const attempt = world.acquire({ leaseMs: 900, isRenewed: false });
      const link = await world.welcomed();
      await world.clock.advance(500);
      link.say(grant(1));
      const lock = (await attempt.outcome) as HeldLock;
      const { signal } = lock;
      await world.clock.advance(399);
      expect([world.isHeld(lock), signal.aborted]).to.deep.equal([true, false]);
      await world.clock.advance(1);
      expect([world.isHeld(lock), signal.aborted]).to.deep.equal([false, true]);
      expect(signal.reason).to.be.instanceOf(LockLostError);
      expect(signal.reason).to.include({ code: 'lost', reason: 'expired' });
    });

    it('of one who waited is reckoned from that much later', async () => {
      const attempt = world.acquire({ leaseMs: 900, isRenewed: false });
      const link = await world.welcomed();
      await world.clock.advance(2_000);
      link.say(grant(1, 1_900));
      const lock = (await attempt.outcome) as HeldLock;
      await world.clock.advance(799);
      expect(world.isHeld(lock)).to.equal(true);
      await world.clock.advance(1);
      expect(world.isHeld(lock)).to.equal(false);
    });

    it('of one who waited for longer by the server’s clock begins no later than it is heard of', async () => {
      const attempt = world.acquire({ leaseMs: 900, isRenewed: false });
      const link = await world.welcomed();
      await world.clock.advance(100);
      link.say(grant(1, 5_100));
      const lock = (await attempt.outcome) as HeldLock;
      expect(world.engine.heldForMs(lock)).to.equal(900);
    });

    it('that may be over when it is heard of is given out after a renewal, or not at all', async () => {
      for (const [answer, expected] of [
        [{ done: [2] }, 'printer'],
        [refuse(2, REFUSAL.leaseUnknown), 'lost'],
      ] as const) {
        world = new EngineWorld();
        const attempt = world.acquire({ leaseMs: 900 });
        const link = await world.welcomed();
        await world.clock.advance(2_000);
        link.say(grant(1));
        await world.clock.settle();
        expect(link.asked.renewals).to.deep.equal([
          { requestId: 2, name: 'printer', key: 'key-1', leaseMs: 900 },
        ]);
        link.say(answer);
        const outcome = await outcomeOf(attempt.outcome);
        expect(typeof outcome === 'string' ? outcome : (outcome as HeldLock).name).to.equal(
          expected,
        );
      }
    });

    it('that is over again when its renewal is heard of is given to nobody, and given back', async () => {
      world = new EngineWorld({ recoveryWindowMs: 10_000 });
      const attempt = world.acquire({ leaseMs: 900 });
      const link = await world.welcomed({ recoveryWindowMs: 10_000 });
      await world.clock.advance(1_000);
      link.say(grant(1));
      await world.clock.advance(1_000);
      link.say({ done: [2] });
      expect(await outcomeOf(attempt.outcome)).to.equal('lost');
      await world.clock.settle();
      expect(link.asked.releases).to.deep.equal([{ requestId: 3, name: 'printer', key: 'key-1' }]);
    });

    it('that could not be asked after holds nothing', async () => {
      world = new EngineWorld({ unavailableTimeoutMs: 1_000 });
      const attempt = world.acquire({ leaseMs: 900, isRenewed: false });
      const link = await world.welcomed();
      await world.clock.advance(1_000);
      link.say(grant(1));
      await world.clock.settle();
      link.end();
      const outcome = outcomeOf(attempt.outcome);
      await world.clock.advance(1_000);
      expect(await outcome).to.equal('unavailable');
      const next = await world.welcomed({ resumed: true });
      expect(next.asked.checks).to.deep.equal([]);
      expect(next.asked.releases.map(({ key }) => key)).to.deep.equal(['key-1']);
    });
  });

  describe('a lock', () => {
    it('is released once the server says so', async () => {
      const lock = await world.held();
      const releasing = world.engine.release(lock);
      expect(world.isHeld(lock)).to.equal(false);
      await world.clock.settle();
      expect(world.links.last.asked.releases).to.deep.equal([
        { requestId: 2, name: 'printer', key: 'key-1' },
      ]);
      world.links.last.say({ done: [2] });
      await releasing;
      expect(lock.signal.aborted).to.equal(false);
    });
  });

  describe('a request that is not wanted any more', () => {
    it('is withdrawn, and its grant is left to the server to undo', async () => {
      const attempt = world.acquire();
      const link = await world.welcomed();
      attempt.abandon(new Error('enough'));
      expect(await outcomeOf(attempt.outcome)).to.have.property('message', 'enough');
      await world.clock.settle();
      expect(link.asked.withdrawals).to.deep.equal([1]);
      link.say(grant(1));
      link.say(refuse(1, REFUSAL.withdrawn));
      world.acquire({ name: 'b' });
      await world.clock.settle();
      expect(link.frames.at(-1)?.heard).to.deep.equal([1]);
    });

    it('is never said if it was not yet', async () => {
      const attempt = world.acquire();
      attempt.abandon('enough');
      await outcomeOf(attempt.outcome);
      const link = await world.welcomed();
      expect(link.asked).to.deep.include({ acquires: [], withdrawals: [] });
    });

    it('is given back if its lease was to be asked after first', async () => {
      const attempt = world.acquire({ leaseMs: 900 });
      const link = await world.welcomed();
      await world.clock.advance(2_000);
      link.say(grant(1));
      await world.clock.settle();
      attempt.abandon('enough');
      expect(await outcomeOf(attempt.outcome)).to.equal('enough');
      link.say({ done: [2] });
      await world.clock.settle();
      expect(link.asked.releases.map(({ key }) => key)).to.deep.equal(['key-1']);
      await world.clock.advance(900);
      expect(link.asked.renewals).to.have.length(1);
    });

    it('ends by itself when its wait is over by the client’s own clock', async () => {
      const { outcome } = world.acquire({ waitUntil: 1_000_500 });
      const link = await world.welcomed();
      expect(link.asked.acquires[0]?.waitMs).to.equal(500);
      await world.clock.advance(500);
      expect(await outcomeOf(outcome)).to.equal('wait-timeout');
      await world.clock.settle();
      expect(link.asked.withdrawals).to.deep.equal([1]);
    });

    it('asks the next session for what is left of its wait', async () => {
      const { outcome } = world.acquire({ waitUntil: 1_000_500 });
      await world.welcomed();
      world.links.last.end();
      await world.clock.advance(200);
      const link = await world.welcomed({ resumed: false });
      expect(link.asked.acquires.map(({ requestId, waitMs }) => [requestId, waitMs])).to.deep.equal(
        [[2, 300]],
      );
      await world.clock.advance(300);
      expect(await outcomeOf(outcome)).to.equal('wait-timeout');
    });
  });

  describe('closing', () => {
    it('takes no lock that is granted on the way out', async () => {
      world.acquire({ leaseMs: 60_000 }).outcome.catch(() => undefined);
      const link = await world.welcomed();
      const closing = world.engine.close();
      link.say(grant(1));
      link.end({ code: status.OK });
      await closing;
      await world.clock.settle();
      expect(world.clock.alarmCount).to.equal(0);
    });

    for (const [when, closesAt, provoke] of [
      ['at a lost connection', 'disconnected', () => world.links.last.end()],
      ['at a lost lock', 'abort', () => world.links.last.end({ code: status.ABORTED })],
      [
        'at a lost session',
        'sessionLost',
        async () => {
          world.links.last.end();
          await world.clock.advance(50);
          world.links.last.welcome({ token: 'token-2' });
        },
      ],
      [
        'at a session that is lost to a server of old',
        'sessionLost',
        async () => {
          world.links.last.end();
          await world.clock.advance(50);
          world.links.last.end({ code: status.UNIMPLEMENTED });
        },
      ],
      [
        'at a server that stops',
        'draining',
        () => world.links.last.say({ notices: [NOTICE.draining] }),
      ],
    ] as const) {
      it(`by the program’s own listener, ${when}, is for good`, async () => {
        let closing: Promise<void> | undefined;
        const heard = (event: string) => {
          if (event === closesAt) {
            closing = world.engine.close();
          }
        };
        world = new EngineWorld({
          tell: (...[event]: [event: string, ...details: unknown[]]) => heard(event),
        });
        const lock = await world.held({ leaseMs: 60_000 });
        lock.signal.addEventListener('abort', () => heard('abort'));
        await provoke();
        await world.clock.settle();
        expect(closing).to.be.instanceOf(Promise);
        const count = world.links.all.length;
        await world.clock.advance(2_000);
        await closing;
        expect(await outcomeOf(world.acquire().outcome)).to.equal('closed');
        await world.clock.advance(100_000);
        expect(world.links.all).to.have.length(count);
        expect(world.links.all.filter(({ isOpen }) => isOpen)).to.deep.equal([]);
        expect(world.clock.alarmCount).to.equal(0);
      });
    }

    it('fails what waits, and what is asked after', async () => {
      const { outcome } = world.acquire();
      await world.welcomed();
      const closing = world.engine.close();
      world.links.last.end({ code: status.OK });
      await closing;
      expect(await outcomeOf(outcome)).to.equal('closed');
      expect(await outcomeOf(world.acquire().outcome)).to.equal('closed');
    });
  });
});
