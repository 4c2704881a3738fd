import { connect } from 'node:net';
import { expect } from 'chai';
import type { LockDescription } from '../../../../domain/descriptions.js';
import { refused } from '../../../../domain/refusal.js';
import { ConsoleWorld, PAGE_HEADERS } from '../../../support/console-world.js';
import { untilClosed } from '../../../support/rest-world.js';

interface Listing {
  readonly offset: number;
  readonly total: number;
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

interface LockTold {
  readonly lock: LockDescription;
  readonly holders: Listing;
  readonly waiters: Listing;
}

describe('ConsoleApi', () => {
  let world: ConsoleWorld;

  beforeEach(async () => {
    world = await ConsoleWorld.start();
  });

  afterEach(() => world.stop());

  async function names(question: object): Promise<unknown> {
    const { items } = (await world.told('leases', question)) as unknown as Listing;
    return items.map(({ name }) => name);
  }

  describe('of leases', () => {
    beforeEach(async () => {
      await world.hold('invoice/1');
      await world.hold('Invoice/2');
      await world.hold('report/1');
      await world.hold('pool', { size: 3 });
    });

    for (const [what, question, found] of [
      ['all, newest first', {}, ['pool', 'report/1', 'Invoice/2', 'invoice/1']],
      [
        'those with a piece of text in their name, in any case',
        { text: 'INVOICE' },
        ['Invoice/2', 'invoice/1'],
      ],
      ['what fits a pattern', { pattern: 'invoice/*' }, ['invoice/1']],
      ['one name exactly', { name: 'pool' }, ['pool']],
      ['nothing that fits none', { text: 'nothing' }, []],
      ['those that fit all that is asked', { text: '/1', pattern: 'r*' }, ['report/1']],
      ['them by name', { order: 'name' }, ['Invoice/2', 'invoice/1', 'pool', 'report/1']],
      ['them oldest first', { order: 'oldest' }, ['invoice/1', 'Invoice/2', 'report/1', 'pool']],
    ] as const) {
      it(`tells ${what}`, async () => {
        expect(await names(question)).to.deep.equal(found);
      });
    }

    it('tells a lease with all that is known of it, and the server’s time', async () => {
      const { items, now, total } = await world.told('leases', { name: 'pool' });
      expect((items as Listing['items'])[0]).to.include.keys(
        'name',
        'size',
        'key',
        'fencingToken',
        'grantedAt',
        'expiresAt',
        'sessionId',
        'session',
        'waiterCount',
      );
      expect([total, typeof now]).to.deep.equal([1, 'number']);
    });

    it('tells those of one session', async () => {
      const { sessionId } = await world.hold('mine');
      expect(await names({ session: sessionId })).to.deep.equal(['mine']);
    });

    it('tells for ever as null', async () => {
      await world.hold('endless', { leaseMs: Number.POSITIVE_INFINITY });
      const { items } = (await world.told('leases', { name: 'endless' })) as unknown as Listing;
      expect(items[0]?.expiresAt).to.equal(null);
    });
  });

  it('tells thousands of leases a page at a time, each of them once', async () => {
    for (let index = 0; index < 2_500; index += 1) {
      await world.hold(`lock ${index}`);
    }
    const seen = new Set<unknown>();
    for (let offset = 0; offset < 2_500; ) {
      const { items, total } = (await world.told('leases', {
        order: 'listed',
        offset,
      })) as unknown as Listing;
      expect(total).to.equal(2_500);
      for (const { name } of items) {
        seen.add(name);
      }
      offset += items.length;
    }
    expect(seen.size).to.equal(2_500);
  });

  describe('of one lock', () => {
    it('tells its holders, and its waiters in order', async () => {
      await world.hold('pool', { size: 2 });
      await world.hold('pool', { size: 2 });
      const waiting = [];
      for (let count = 0; count < 3; count += 1) {
        waiting.push((await world.hold('pool', { size: 2, waitMs: 60_000 })).sessionId);
      }
      const { lock, holders, waiters } = (await world.told('lock', {
        name: 'pool',
      })) as unknown as LockTold;
      expect(lock).to.include({ name: 'pool', size: 2, holderCount: 2, waiterCount: 3 });
      expect(holders.items).to.have.length(2);
      expect(waiters.items.map(({ sessionId }) => sessionId)).to.deep.equal(waiting);
    });

    it('tells 200 waiters from any place on', async () => {
      await world.hold('crowded');
      const waiting: string[] = [];
      for (let count = 0; count < 450; count += 1) {
        waiting.push((await world.hold('crowded', { waitMs: 60_000 })).sessionId);
      }
      for (const from of [0, 150, 400]) {
        const { waiters } = (await world.told('lock', {
          name: 'crowded',
          waitersFrom: from,
        })) as unknown as LockTold;
        expect(waiters.items.map(({ sessionId }) => sessionId)).to.deep.equal(
          waiting.slice(from, from + 200),
        );
      }
    });

    it('says of one that is not known that there is none', async () => {
      expect(await world.refused('lock', { name: 'none' })).to.deep.equal([404, 'lock-unknown']);
    });
  });

  it('tells sessions, or those that a piece of text is found in', async () => {
    const { sessionId } = await world.hold('a');
    await world.hold('b');
    const all = (await world.told('sessions')) as unknown as Listing;
    const one = (await world.told('sessions', {
      text: sessionId.toUpperCase(),
    })) as unknown as Listing;
    const none = (await world.told('sessions', { text: 'nobody' })) as unknown as Listing;
    expect([all.total, none.total]).to.deep.equal([2, 0]);
    expect(one.items).to.have.length(1);
    expect(one.items[0]).to.include({ sessionId, kind: 'connection', leaseCount: 1, endsAt: null });
  });

  it('tells how much there is, and what is busiest', async () => {
    await world.hold('a');
    expect(await world.told('stats')).to.include({ leaseCount: 1, grantCount: 1, role: 'single' });
    const { locks } = await world.told('busiest');
    expect(locks).to.deep.equal([
      { name: 'a', size: 1, holderCount: 1, waiterCount: 0, grantCount: 1 },
    ]);
  });

  describe('of deeds', () => {
    it('revokes the lease that is named by its key, and passes the slot on', async () => {
      const { key } = await world.hold('a');
      const next = await world.hold('a', { waitMs: 60_000 });
      expect(await world.ask('revoke', { name: 'a', key })).to.include({ status: 200 });
      const { items } = (await world.told('leases')) as unknown as Listing;
      expect(items.map((lease) => lease.key)).to.deep.equal([next.key]);
    });

    it('revokes no other lease in its place', async () => {
      const { key } = await world.hold('a');
      await world.ask('revoke', { name: 'a', key });
      await world.hold('a');
      expect(await world.refused('revoke', { name: 'a', key })).to.deep.equal([409, 'lease-over']);
      expect(await world.refused('revoke', { name: 'b', key })).to.deep.equal([409, 'lease-over']);
      expect(await names({})).to.deep.equal(['a']);
    });

    it('revokes nothing without a key', async () => {
      await world.hold('a');
      for (const question of [{ name: 'a' }, { name: 'a', key: '' }, { name: 'a', key: null }]) {
        expect(await world.refused('revoke', question)).to.deep.equal([400, 'request-invalid']);
      }
      expect(await names({})).to.deep.equal(['a']);
    });

    it('kicks a session, and tells what ended with it', async () => {
      const { sessionId } = await world.hold('a');
      expect(await world.told('kick', { sessionId })).to.deep.equal({
        leaseCount: 1,
        waiterCount: 0,
      });
      expect(await world.refused('kick', { sessionId })).to.deep.equal([404, 'session-unknown']);
      expect(await names({})).to.deep.equal([]);
    });

    it('says by which door, and from where, they were done', async () => {
      const operators: unknown[] = [];
      world.administration = world.administrationWith({
        revoke: async (_, by) => {
          operators.push(by);
          return { kind: 'revoked', key: 'k' };
        },
        kick: async (_, by) => {
          operators.push(by);
          return refused('session-unknown');
        },
      });
      await world.ask('revoke', { name: 'a', key: 'k' });
      await world.ask('kick', { sessionId: 's' });
      for (const operator of operators) {
        expect(operator).to.have.property('door', 'console');
        expect(operator)
          .to.have.property('peer')
          .that.matches(/^127\.0\.0\.1:\d+$/);
      }
      expect(operators).to.have.length(2);
    });
  });

  describe('of a process that serves no locks', () => {
    const leader = { id: 'b', grpcAddress: '10.0.0.2:3144' };
    for (const [what, status, code] of [
      ['is starting', { role: 'starting' }, 'starting'],
      ['stands by', { role: 'standby', leader }, 'standby'],
      ['is stopping', { role: 'stopping' }, 'stopping'],
      ['leads, and is not there yet', { role: 'leader' }, 'starting'],
    ] as const) {
      it(`says that it ${what}`, async () => {
        world.status = status;
        world.administration = undefined;
        for (const path of ['stats', 'leases', 'revoke', 'events']) {
          expect(await world.refused(path)).to.deep.equal([503, code]);
        }
      });
    }

    it('says who leads', async () => {
      world.status = { role: 'standby', leader };
      expect(await world.told('leases')).to.deep.include({ code: 'standby', leader });
    });

    it('asks nothing of a server that is on its way out', async () => {
      world.status = { role: 'standby' };
      expect(await world.refused('stats')).to.deep.equal([503, 'standby']);
    });

    it('says that a server which fails meanwhile can vouch for nothing, and why in its log', async () => {
      world.administration = world.administrationWith({
        stats: () => Promise.reject(new Error('the disk is gone')),
      });
      expect(await world.refused('stats')).to.deep.equal([503, 'failing']);
      expect(world.logger.lines.at(-1)?.fields.reason).to.contain('the disk is gone');
    });

    it('says how its process stands when it has stepped down meanwhile', async () => {
      world.administration = world.administrationWith({
        stats: () => {
          world.status = { role: 'standby', leader };
          return Promise.reject(new Error('deposed'));
        },
      });
      expect(await world.refused('stats')).to.deep.equal([503, 'standby']);
    });
  });

  describe('of questions that are none', () => {
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '7',
      '"x"',
      '{"text":7}',
      '{"offset":-1}',
      '{"offset":1.5}',
      '{"offset":"1"}',
      '{"order":"none"}',
      '{"order":"toString"}',
    ]) {
      it(`says so of ${JSON.stringify(body)}`, async () => {
        expect(await world.refused('leases', body)).to.deep.equal([400, 'request-invalid']);
      });
    }

    for (const path of ['', 'nothing', 'stats/', '../livez', 'constructor']) {
      it(`knows no ${JSON.stringify(path)}`, async () => {
        const { status } = await world.ask(path);
        expect(status).to.equal(404);
      });
    }

    it('takes as much as it is set to, and a byte more for too long', async () => {
      const filled = (length: number) => `{"text":"${'x'.repeat(length - 11)}"}`;
      expect((await world.ask('leases', filled(100_000))).status).to.equal(200);
      expect(await world.refused('leases', filled(100_001))).to.deep.equal([
        413,
        'request-too-long',
      ]);
    });

    it('takes no pattern that is longer than the rules take', async () => {
      expect(await world.refused('leases', { pattern: 'x'.repeat(1_025) })).to.deep.equal([
        413,
        'request-too-long',
      ]);
    });

    it('bears a peer that hangs up in the middle of one', async () => {
      const [host = '', port] = world.address.split(':');
      const socket = connect(Number(port), host);
      const headers = Object.entries({ ...PAGE_HEADERS, host: 'localhost', 'content-length': '9' });
      const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      socket.end(`POST /console/api/leases HTTP/1.1\r\n${lines}\r\n{`);
      await untilClosed(socket.resume());
      expect(world.logger.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
    });
  });

  it('looks through eight lists at once, and through the next when one is done', async () => {
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begunCount = 0;
    let allBegun: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      allBegun = resolve;
    });
    world.administration = world.administrationWith({
      async *holders() {
        begunCount += 1;
        if (begunCount === 8) {
          allBegun();
        }
        await held;
        yield [];
      },
    });
    const lists = Array.from({ length: 8 }, () => world.ask('leases'));
    await begun;
    expect(await world.refused('sessions')).to.deep.equal([429, 'busy']);
    goOn();
    expect((await Promise.all(lists)).every(({ status }) => status === 200)).to.equal(true);
    expect((await world.ask('sessions')).status).to.equal(200);
  });
});
