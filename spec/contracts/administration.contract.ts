/**
 * What every door for operators promises, whatever wire it speaks: asked by the client that comes with it, of a real
 * service. A factory says how to open a world with that door; the facts are the same.
 */
import { expect } from 'chai';
import type { AdministrationClient } from '../../adapters/inbound/cli/administration-client.js';
import type { HolderDescription } from '../../domain/descriptions.js';
import type { HolderFilter } from '../../domain/holder-filter.js';
import { FOREVER } from '../../domain/instant.js';
import type { LockService } from '../../domain/lock-service.js';
import { everything } from '../support/each-of.js';
import type { FakeClock } from '../support/fake-clock.js';
import type { RecordingLogger } from '../support/recording-logger.js';

export interface AdministrationWorld {
  readonly service: LockService;
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly client: AdministrationClient;
  /** Whose deeds the log tells by this door. */
  readonly door: string;
  stop(): Promise<void>;
}

export function administrationContract(
  title: string,
  open: () => Promise<AdministrationWorld>,
): void {
  describe(`Administration by ${title}`, function () {
    this.timeout(60_000);
    let world: AdministrationWorld;
    let client: AdministrationClient;
    let ann: string;
    let bob: string;

    beforeEach(async () => {
      world = await open();
      ({ client } = world);
      [ann, bob] = [enter('10.0.0.1:1'), enter('10.0.0.2:2')];
    });

    afterEach(async () => {
      client.close();
      await world.stop();
    });

    function enter(peer: string): string {
      const opened = world.service.openSession({ kind: 'connection', peer });
      return opened.kind === 'opened' ? opened.sessionId : opened.code;
    }

    function ask(
      sessionId: string,
      name: string,
      options: { size?: number; leaseMs?: number } = {},
    ) {
      const defaults = { size: 1, leaseMs: FOREVER, waitMs: FOREVER };
      return world.service.acquire({ sessionId, name, ...defaults, ...options });
    }

    async function grant(
      ...given: Parameters<typeof ask>
    ): Promise<{ key: string; token: number }> {
      const answer = await ask(...given).answer;
      return answer.kind === 'granted'
        ? { key: answer.key, token: answer.fencingToken }
        : expect.fail(answer.code);
    }

    async function listed(filter: HolderFilter = {}): Promise<{
      readonly holders: readonly HolderDescription[];
      readonly now: number | undefined;
    }> {
      const pages = await everything(client.holders(filter));
      return { holders: pages.flatMap(({ holders }) => holders), now: pages.at(-1)?.now };
    }

    async function names(filter: HolderFilter): Promise<readonly string[]> {
      return (await listed(filter)).holders.map(({ name }) => name).sort();
    }

    describe('lists leases', () => {
      it('as the service knows them, with its clock', async () => {
        await grant(ann, 'printer', { size: 2, leaseMs: 5_000 });
        await grant(ann, '鍵🔒');
        ask(bob, '鍵🔒');
        const known = (await everything(world.service.administration.holders())).flat();
        const { holders, now } = await listed();
        expect(holders).to.have.deep.members(known);
        expect(now).to.equal(world.clock.now());
      });

      it('none, with its clock, when nothing is held', async () => {
        expect(await listed()).to.deep.equal({ holders: [], now: world.clock.now() });
      });

      it('that a filter wants, and no others', async () => {
        for (const name of ['a1', 'a2', 'b1']) {
          await grant(name === 'b1' ? bob : ann, name);
        }
        expect(await names({ name: 'a1' })).to.deep.equal(['a1']);
        expect(await names({ name: 'c' })).to.deep.equal([]);
        expect(await names({ namePrefix: 'a' })).to.deep.equal(['a1', 'a2']);
        expect(await names({ namePattern: '*1' })).to.deep.equal(['a1', 'b1']);
        expect(await names({ session: bob })).to.deep.equal(['b1']);
        expect(await names({ session: '10.0.0.1:1', namePattern: '*2' })).to.deep.equal(['a2']);
        expect(await names({ owner: { value: 'x' } })).to.deep.equal([]);
        expect(await names({ owner: { word: 'host', value: 'x' } })).to.deep.equal([]);
      });

      it('by what their clients say of themselves', async () => {
        const listener = () => undefined;
        const owner = { host: 'db1' };
        const stream = { sessionId: 'stream', peer: '10.0.0.3:3', recoveryMs: 1_000 };
        await world.service.openStreamSession({ ...stream, owner, listener });
        await grant('stream', 'c1');
        expect(await names({ owner: { value: 'db1' } })).to.deep.equal(['c1']);
        expect(await names({ owner: { word: 'host', value: 'db1' } })).to.deep.equal(['c1']);
        expect((await listed()).holders[0]?.owner).to.deep.equal(owner);
      });

      it('by the ten thousand, each once', async () => {
        const granted = Array.from({ length: 10_000 }, (_, number) => ask(ann, `lock ${number}`));
        await Promise.all(granted.map(({ answer }) => answer));
        const listing = listed();
        const { holders } = await keepTurning(world.clock, listing);
        expect(new Set(holders.map(({ key }) => key)).size).to.equal(10_000);
      });
    });

    describe('shows a lock', () => {
      it('with its holders, and its waiters in order', async () => {
        await grant(ann, 'printer');
        ask(bob, 'printer');
        ask(ann, 'printer');
        const parts = await everything(client.lock('printer'));
        expect(parts).to.deep.equal(await everything(world.service.administration.lock('printer')));
        expect(parts.map(({ kind }) => kind)).to.deep.equal(['lock', 'holders', 'waiters']);
      });

      it('that nobody holds', async () => {
        const { key } = await grant(ann, 'printer');
        await world.service.release({ name: 'printer', key });
        const [lock, ...rest] = await everything(client.lock('printer'));
        expect(lock).to.have.deep.property('lock', {
          name: 'printer',
          size: 1,
          holderCount: 0,
          waiterCount: 0,
          grantCount: 1,
        });
        expect(rest).to.deep.equal([]);
      });

      it('not, if it is not known', async () => {
        expect(await everything(client.lock('printer'))).to.deep.equal([]);
      });
    });

    it('lists sessions, with its clock', async () => {
      await grant(ann, 'printer');
      ask(bob, 'printer');
      const pages = await everything(client.sessions());
      const known = (await everything(world.service.administration.sessions())).flat();
      expect(pages.flatMap(({ sessions }) => sessions)).to.deep.include.members(
        known.filter(({ sessionId }) => [ann, bob].includes(sessionId)),
      );
      expect(pages[0]?.now).to.equal(world.clock.now());
    });

    it('tells what the server is, and how much has happened', async () => {
      const { key } = await grant(ann, 'printer');
      await world.service.release({ name: 'printer', key });
      const { sessionCount: _, ...stats } = await client.stats();
      const { sessionCount: __, ...known } = await world.service.administration.stats();
      expect(stats).to.deep.equal(known);
      expect(stats.endCounts.released).to.equal(1);
    });

    it('tells the busiest locks, and no more than it is asked for', async () => {
      await grant(ann, 'quiet');
      await grant(ann, 'awaited');
      ask(bob, 'awaited');
      expect((await client.busiest(5)).map(({ name }) => name)).to.deep.equal(['awaited', 'quiet']);
      expect(await client.busiest(1)).to.have.lengthOf(1);
    });

    describe('unlocks', () => {
      it('the only lease of a lock, by its name', async () => {
        const { key, token } = await grant(ann, 'printer');
        const next = grant(bob, 'printer');
        expect(await client.unlock({ name: 'printer' })).to.deep.equal({ kind: 'revoked', key });
        expect((await next).token).to.be.greaterThan(token);
      });

      it('one of several, by its key', async () => {
        await grant(ann, 'printer', { size: 2 });
        const { key } = await grant(bob, 'printer', { size: 2 });
        expect(await client.unlock({ name: 'printer', key })).to.deep.equal({
          kind: 'revoked',
          key,
        });
        expect(world.service.leaseCount).to.equal(1);
      });

      it('all of several', async () => {
        await grant(ann, 'printer', { size: 2 });
        const { token } = await grant(bob, 'printer', { size: 2 });
        expect(await client.unlockAll('printer')).to.deep.equal({ kind: 'revoked-many', count: 2 });
        expect(world.service.leaseCount).to.equal(0);
        expect((await grant(ann, 'printer', { size: 2 })).token).to.be.greaterThan(token);
      });

      it('nothing that is not there, or not said clearly enough', async () => {
        const unknown = { kind: 'refused', code: 'lock-unknown' };
        expect(await client.unlock({ name: 'printer' })).to.deep.equal(unknown);
        expect(await client.unlockAll('printer')).to.deep.equal(unknown);
        await grant(ann, 'printer', { size: 2 });
        await grant(ann, 'printer', { size: 2 });
        expect(await client.unlock({ name: 'printer' })).to.include({ code: 'key-needed' });
        expect(await client.unlock({ name: 'printer', key: 'x' })).to.include({
          code: 'key-invalid',
        });
      });

      it('and leaves a line in the log: who, what, how many', async () => {
        const { key } = await grant(ann, 'printer');
        await client.unlock({ name: 'printer' });
        const lines = world.logger.lines.filter(({ message }) =>
          message.startsWith('Lock revoked'),
        );
        expect(lines).to.have.lengthOf(1);
        expect(lines[0]?.message).to.equal(`Lock revoked by ${world.door} administrator`);
        expect(lines[0]?.fields).to.deep.include({
          lock: 'printer',
          key: `${key.slice(0, 8)}…`,
          leases: 1,
        });
        expect(lines[0]?.fields.by).to.include({ says: 'the spec' }).and.to.have.property('peer');
      });
    });

    describe('ends a session', () => {
      it('whose leases pass on with greater tokens, and whose waiters are refused', async () => {
        const { token } = await grant(ann, 'printer');
        await grant(bob, 'scanner');
        const refusedWait = ask(ann, 'scanner').answer;
        const next = grant(bob, 'printer');
        expect(await client.kick(ann)).to.deep.equal({
          kind: 'kicked',
          sessionId: ann,
          session: 'connection 10.0.0.1:1',
          leaseCount: 1,
          waiterCount: 1,
        });
        expect(await refusedWait).to.deep.equal({ kind: 'refused', code: 'session-unknown' });
        expect((await next).token).to.be.greaterThan(token);
      });

      it('that is there, and none else', async () => {
        const refusal = { kind: 'refused', code: 'session-unknown' };
        expect(await client.kick('nobody')).to.deep.equal(refusal);
        await client.kick(ann);
        expect(await client.kick(ann)).to.deep.equal(refusal);
      });

      it('and leaves a line in the log: who, what, how many', async () => {
        await grant(ann, 'printer');
        await client.kick(ann);
        const line = world.logger.lines.find(({ message }) =>
          message.startsWith('Session ended by'),
        );
        expect(line?.message).to.equal(`Session ended by ${world.door} administrator`);
        expect(line?.fields).to.include({ session: ann, leases: 1, waiters: 0 });
      });
    });

    describe('watches', () => {
      it('changes as they come, after a gap that a listing fills', async () => {
        const { key } = await grant(ann, 'before');
        const seen: string[] = [];
        const enough = new AbortController();
        for await (const { isGap, changes } of client.watch({}, enough.signal)) {
          if (isGap) {
            seen.push(`gap: ${await names({})}`);
            await grant(ann, 'after', { leaseMs: 5_000 });
            await world.service.release({ name: 'before', key });
            await client.unlock({ name: 'after' });
          }
          for (const change of changes) {
            const word = change.kind === 'ended' ? change.reason : change.kind;
            seen.push(`${word} ${change.holder.name}`);
          }
          if (seen.length === 4) {
            enough.abort();
          }
        }
        expect(seen).to.deep.equal([
          'gap: before',
          'granted after',
          'released before',
          'revoked after',
        ]);
      });

      it('what a filter wants, and no others', async () => {
        const seen: string[] = [];
        const enough = new AbortController();
        for await (const { isGap, changes } of client.watch({ namePrefix: 'a' }, enough.signal)) {
          if (isGap) {
            await grant(ann, 'b1');
            await grant(ann, 'a1');
          }
          seen.push(...changes.map(({ holder }) => holder.name));
          if (seen.length > 0) {
            enough.abort();
          }
        }
        expect(seen).to.deep.equal(['a1']);
      });

      it('until the server stops', async () => {
        let isBegun = false;
        for await (const _ of client.watch({}, new AbortController().signal)) {
          isBegun = true;
          await world.service.drain();
        }
        expect(isBegun).to.equal(true);
      });
    });
  });
}

/** Lets time's alarms ring until something has come about: what is listed in pages takes turns. */
async function keepTurning<Result>(clock: FakeClock, work: Promise<Result>): Promise<Result> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await clock.advance(0);
    await new Promise(setImmediate);
  }
  return done;
}
