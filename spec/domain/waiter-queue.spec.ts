import { expect } from 'chai';
import fc from 'fast-check';
import { FOREVER } from '../../domain/instant.js';
import { InvariantError } from '../../domain/invariant.js';
import { Lock } from '../../domain/lock.js';
import { Session } from '../../domain/session.js';
import { Waiter } from '../../domain/waiter.js';
import { WaiterQueue } from '../../domain/waiter-queue.js';

describe('WaiterQueue', () => {
  let queue: WaiterQueue;

  beforeEach(() => {
    queue = new WaiterQueue();
  });

  function waiter(key: string): Waiter {
    const session = new Session({ id: 'ann', kind: 'connection', peer: 'of ann' }, 0);
    const lock = new Lock('printer', 1, 0);
    const terms = { sessionId: 'ann', name: 'printer', size: 1, waitMs: 0, leaseMs: 0 };
    return new Waiter({ ...terms, key }, lock, session, 0, FOREVER);
  }

  function append(key: string): Waiter {
    const one = waiter(key);
    queue.append(one);
    return one;
  }

  function keys(): string[] {
    return Array.from(queue, (one) => one.command.key);
  }

  it('has nobody first while it is empty', () => {
    expect([queue.first, queue.count]).to.deep.equal([undefined, 0]);
  });

  it('is in order of coming', () => {
    const first = append('a');
    append('b');
    append('c');

    expect(keys()).to.deep.equal(['a', 'b', 'c']);
    expect(queue.first).to.equal(first);
    expect(queue.count).to.equal(3);
  });

  for (const { leaver, stay } of [
    { leaver: 0, stay: ['b', 'c'] },
    { leaver: 1, stay: ['a', 'c'] },
    { leaver: 2, stay: ['a', 'b'] },
  ]) {
    it(`lets number ${leaver} of three leave, and the rest stay in order`, () => {
      const waiters = ['a', 'b', 'c'].map(append);
      queue.remove(waiters[leaver] as Waiter);

      expect(keys()).to.deep.equal(stay);
    });
  }

  it('is empty when the only one has left, and takes the next', () => {
    queue.remove(append('a'));
    append('b');

    expect(keys()).to.deep.equal(['b']);
  });

  it('puts who comes again at the end', () => {
    const first = append('a');
    append('b');
    queue.remove(first);
    queue.append(first);

    expect(keys()).to.deep.equal(['b', 'a']);
  });

  it('lets go of who leaves', () => {
    append('a');
    const leaver = append('b');
    append('c');
    queue.remove(leaver);

    expect([leaver.isQueued, leaver.before, leaver.after]).to.deep.equal([
      false,
      undefined,
      undefined,
    ]);
  });

  it('stops at one that queues twice', () => {
    const one = append('a');
    expect(() => queue.append(one)).to.throw(InvariantError);
  });

  it('stops at one that leaves without having queued', () => {
    expect(() => queue.remove(waiter('a'))).to.throw(InvariantError);
  });

  describe('gone through while others come and leave', () => {
    /** Looks at two, then at the rest. */
    function seen(meanwhile: (waiters: readonly Waiter[]) => void): string[] {
      const waiters = ['a', 'b', 'c', 'd'].map(append);
      const keysSeen: string[] = [];
      for (const one of queue) {
        keysSeen.push(one.command.key);
        if (keysSeen.length === 2) {
          meanwhile(waiters);
        }
      }
      return keysSeen;
    }

    const moments: readonly (readonly [string, (waiters: readonly Waiter[]) => void, string[]])[] =
      [
        ['the one looked at leaves', ([, b]) => queue.remove(b as Waiter), ['a', 'b', 'c', 'd']],
        [
          'all that were looked at leave',
          ([a, b]) => [a, b].forEach((one) => void queue.remove(one as Waiter)),
          ['a', 'b', 'c', 'd'],
        ],
        [
          'the one looked at leaves, and the next',
          ([, b, c]) => [b, c].forEach((one) => void queue.remove(one as Waiter)),
          ['a', 'b', 'd'],
        ],
        ['everybody leaves', (all) => all.forEach((one) => void queue.remove(one)), ['a', 'b']],
        ['somebody comes', () => void append('e'), ['a', 'b', 'c', 'd', 'e']],
        [
          'the one looked at leaves and somebody comes',
          ([, b]) => {
            queue.remove(b as Waiter);
            append('e');
          },
          ['a', 'b', 'c', 'd', 'e'],
        ],
      ];
    for (const [what, meanwhile, expected] of moments) {
      it(`goes on in order when ${what}`, () => {
        expect(seen(meanwhile)).to.deep.equal(expected);
      });
    }
  });

  it('is what a plain list would be through any comings and goings', () => {
    const leaveAt = fc.option(fc.nat(), { freq: 2 });
    fc.assert(
      fc.property(fc.array(leaveAt, { maxLength: 100, size: 'max' }), (steps) => {
        queue = new WaiterQueue();
        const list: Waiter[] = [];
        for (const [number, pick] of steps.entries()) {
          if (pick === null || list.length === 0) {
            list.push(append(`${number}`));
          } else {
            const [leaver] = list.splice(pick % list.length, 1);
            queue.remove(leaver as Waiter);
          }
          expect([...queue]).to.have.ordered.members(list);
          expect(queue.count).to.equal(list.length);
        }
      }),
    );
  });
});
