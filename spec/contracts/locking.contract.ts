/**
 * What every door to the locks promises, whatever wire it speaks: asked of the service itself, of gRPC and
 * of REST alike. A factory says how to open a world with that door; the facts are the same.
 */
import { expect } from 'chai';

/** Words that all doors can be brought to; `code` is the name of the wire's ErrorCode. */
export interface DoorAnswer {
  readonly isGranted: boolean;
  readonly key: string;
  readonly fencingToken: number;
  readonly code: string | undefined;
}

export interface DoorRequest {
  readonly name: string;
  readonly size?: number;
  readonly leaseSeconds?: number;
  readonly waitSeconds?: number;
}

export interface DoorLease {
  readonly name: string;
  readonly key: string;
}

/** One client with a session of its own. Releases and renewals give the refusal's code, if any. */
export interface Door {
  acquire(request: DoorRequest): Promise<DoorAnswer>;
  tryAcquire(request: DoorRequest): Promise<DoorAnswer>;
  /** Asks, waits until `isIn` says that the request has come in, and hangs up. */
  acquireAndGiveUp(request: DoorRequest, isIn: () => Promise<void>): Promise<void>;
  release(lease: DoorLease): Promise<string | undefined>;
  renew(lease: DoorLease, leaseSeconds: number): Promise<string | undefined>;
  /** Ends the session. */
  leave(): Promise<void>;
}

export interface DoorWorld {
  enter(): Promise<Door>;
  /** Resolves when that has happened so often since the world began. */
  until(event: 'acquire' | 'withdraw' | 'endSession', count: number): Promise<void>;
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const name = 'printer';

export function lockingContract(title: string, open: () => Promise<DoorWorld>): void {
  describe(`Locking by ${title}`, () => {
    let world: DoorWorld;
    let ann: Door;
    let bob: Door;

    beforeEach(async () => {
      world = await open();
      ann = await world.enter();
      bob = await world.enter();
    });

    afterEach(async () => {
      await world.stop();
    });

    it('grants a free lock with a key and a fencing token', async () => {
      const granted = await ann.acquire({ name });
      expect(granted.isGranted).to.equal(true);
      expect(granted.key).not.to.equal('');
      expect(granted.fencingToken).to.be.greaterThan(0);
    });

    it('never grants more than the size', async () => {
      const size = 2;
      const answers = [
        await ann.tryAcquire({ name, size }),
        await bob.tryAcquire({ name, size }),
        await ann.tryAcquire({ name, size }),
      ];
      expect(answers.map(({ isGranted }) => isGranted)).to.deep.equal([true, true, false]);
    });

    it('refuses a held lock to who does not wait, without an error', async () => {
      await ann.acquire({ name });
      expect(await bob.tryAcquire({ name })).to.include({ isGranted: false, code: undefined });
    });

    it('hands a released lock to the first waiter, with a greater token', async () => {
      const first = await ann.acquire({ name });
      const waiting = bob.acquire({ name });
      await world.until('acquire', 2);
      expect(await ann.release({ name, key: first.key })).to.equal(undefined);
      const second = await waiting;
      expect(second.isGranted).to.equal(true);
      expect(second.fencingToken).to.be.greaterThan(first.fencingToken);
    });

    it('ends a wait at its time', async () => {
      await ann.acquire({ name });
      const waiting = bob.acquire({ name, waitSeconds: 5 });
      await world.until('acquire', 2);
      await world.advance(5_000);
      expect(await waiting).to.include({ isGranted: false, code: 'LockWaitTimeout' });
    });

    it('expires a lease at its time, and its key with it', async () => {
      const { key } = await ann.acquire({ name, leaseSeconds: 5 });
      await world.advance(5_000);
      expect(await bob.tryAcquire({ name })).to.include({ isGranted: true });
      expect(await ann.release({ name, key })).to.equal('InvalidLockKey');
    });

    it('renews a lease from now', async () => {
      const { key } = await ann.acquire({ name, leaseSeconds: 5 });
      await world.advance(4_000);
      expect(await ann.renew({ name, key }, 5)).to.equal(undefined);
      await world.advance(4_000);
      expect(await bob.tryAcquire({ name })).to.include({ isGranted: false });
    });

    it('releases and renews by the key alone, whoever comes with it', async () => {
      const { key } = await ann.acquire({ name, leaseSeconds: 5 });
      expect(await bob.renew({ name, key }, 5)).to.equal(undefined);
      expect(await bob.release({ name, key })).to.equal(undefined);
    });

    it('frees what a session holds at its end', async () => {
      await ann.acquire({ name });
      await ann.leave();
      await world.until('endSession', 1);
      expect(await bob.tryAcquire({ name })).to.include({ isGranted: true });
    });

    it('passes over a waiter that gave up', async () => {
      const { key } = await ann.acquire({ name });
      await bob.acquireAndGiveUp({ name }, () => world.until('acquire', 2));
      await world.until('withdraw', 1);
      await ann.release({ name, key });
      expect(await ann.tryAcquire({ name })).to.include({ isGranted: true });
    });

    const refusals: readonly (readonly [string, (door: Door) => Promise<DoorAnswer>, string])[] = [
      ['an empty name', (door) => door.tryAcquire({ name: '' }), 'Unknown'],
      ['a size of 0', (door) => door.tryAcquire({ name, size: 0 }), 'InvalidLockSize'],
      ['a negative lease', (door) => door.tryAcquire({ name, leaseSeconds: -1 }), 'Unknown'],
      ['a negative wait', (door) => door.acquire({ name, waitSeconds: -1 }), 'Unknown'],
    ];

    for (const [what, ask, code] of refusals) {
      it(`refuses ${what} as ${code}`, async () => {
        expect(await ask(ann)).to.include({ isGranted: false, code });
      });
    }

    it('refuses another size while the lock is known', async () => {
      await ann.acquire({ name });
      const refusal = await bob.tryAcquire({ name, size: 2 });
      expect(refusal).to.include({ isGranted: false, code: 'LockSizeMismatch' });
    });

    it('refuses to release what is not held', async () => {
      expect(await ann.release({ name, key: 'x' })).to.equal('LockDoesNotExist');
      await ann.acquire({ name });
      expect(await bob.release({ name, key: 'x' })).to.equal('InvalidLockKey');
    });

    it('refuses to renew what is not held, or has no end', async () => {
      const { key } = await ann.acquire({ name });
      expect(await ann.renew({ name, key }, 5)).to.equal('LockDoesNotExistOrInvalidKey');
      expect(await ann.renew({ name: 'other', key }, 5)).to.equal('LockDoesNotExistOrInvalidKey');
      expect(await ann.renew({ name, key }, 0)).to.equal('Unknown');
    });
  });
}
