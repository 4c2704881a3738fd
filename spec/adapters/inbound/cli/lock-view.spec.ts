import { expect } from 'chai';
import { lockJson, lockLines, type LockView } from '../../../../adapters/inbound/cli/lock-view.js';
import type { LockPart } from '../../../../domain/descriptions.js';
import { eachOf, everything } from '../../../support/each-of.js';
import { someHolder, someLock, someWaiter } from '../../../support/some-holder.js';

const NOW = 1_060_000;

function view(...parts: readonly LockPart[]): LockView {
  const lock = someLock({ name: 'a\nb', size: 2, holderCount: 1, waiterCount: 2, grantCount: 7 });
  return { lock, now: NOW, parts: eachOf(parts) };
}

const HOLDERS: LockPart = { kind: 'holders', holders: [someHolder({ key: 'k' })] };
const WAITERS: readonly LockPart[] = [
  { kind: 'waiters', waiters: [someWaiter({ owner: { host: 'h' } })] },
  { kind: 'waiters', waiters: [someWaiter({ waitsUntil: NOW + 5_000, sessionId: 's3' })] },
];

describe('lockLines', () => {
  it('shows a lock, its holders, and its waiters with their places', async () => {
    expect(await everything(lockLines(view(HOLDERS, ...WAITERS)))).to.deep.equal([
      'Name:     a\\nb',
      'Size:     2',
      'Held by:  1',
      'Waiting:  2',
      'Granted:  7 since it is known',
      '',
      'HOLDER  FENCING TOKEN   AGE  TIME LEFT  SESSION                     SESSION ID  OWNER',
      'k                   7  1m0s       9m0s  connection 127.0.0.1:51234  s1          -',
      '',
      'WAITER  WAITS FOR  GIVES UP IN  SESSION               SESSION ID  OWNER',
      '     1       1m0s            -  rest 127.0.0.1:51235  s2          host=h',
      '     2       1m0s         5.0s  rest 127.0.0.1:51235  s3          -',
    ]);
  });

  it('shows a free lock without tables', async () => {
    expect(await everything(lockLines(view()))).to.have.lengthOf(5);
  });
});

describe('lockJson', () => {
  async function parsed(...parts: readonly LockPart[]): Promise<Record<string, unknown>> {
    const lines = await everything(lockJson(view(...parts)));
    return JSON.parse(lines.join('\n')) as Record<string, unknown>;
  }

  it('writes one object, with waiters in order', async () => {
    const lock = await parsed(HOLDERS, ...WAITERS);
    expect(lock).to.include({
      name: 'a\nb',
      size: 2,
      holderCount: 1,
      waiterCount: 2,
      grantCount: 7,
    });
    expect(lock.holders).to.have.lengthOf(1);
    expect(lock.waiters).to.deep.equal([
      {
        place: 1,
        waitedMs: 60_000,
        patienceLeftMs: null,
        sessionId: 's2',
        session: 'rest 127.0.0.1:51235',
        owner: { host: 'h' },
      },
      {
        place: 2,
        waitedMs: 60_000,
        patienceLeftMs: 5_000,
        sessionId: 's3',
        session: 'rest 127.0.0.1:51235',
        owner: null,
      },
    ]);
  });

  const shapes: readonly (readonly [string, readonly LockPart[], number, number])[] = [
    ['nobody', [], 0, 0],
    ['holders alone', [HOLDERS, HOLDERS], 2, 0],
    ['waiters alone', WAITERS, 0, 2],
  ];
  for (const [what, parts, holderCount, waiterCount] of shapes) {
    it(`writes both lists, with ${what} in them`, async () => {
      const { holders, waiters } = await parsed(...parts);
      expect(holders).to.have.lengthOf(holderCount);
      expect(waiters).to.have.lengthOf(waiterCount);
    });
  }
});
