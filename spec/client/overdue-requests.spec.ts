import { expect } from 'chai';
import { HeldLock } from '../../client/held-lock.js';
import { OverdueRequests } from '../../client/overdue-requests.js';
import { AcquireRequest, LockRequest } from '../../client/request.js';
import { RequestBook } from '../../client/request-book.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';

const LOCK = new HeldLock('a', 'k', 1, { leaseMs: undefined, deadlineAt: 1, isRenewed: false });

let clock: FakeClock;
let book: RequestBook;
let overdue: OverdueRequests;
let failed: string[];

function note(name: string): (error: unknown) => void {
  return (error) => failed.push(`${name}: ${error instanceof Error ? error.message : error}`);
}

function acquire(name: string): AcquireRequest {
  const order = {
    name,
    size: 1,
    waitUntil: undefined,
    leaseMs: undefined,
    isRenewed: true,
    metadata: undefined,
  };
  const request = new AcquireRequest(order, clock.now());
  request.outcome.catch(note(name));
  book.add(request);
  return request;
}

function ask(kind: LockRequest['kind'], isPatient: boolean): LockRequest {
  const request = new LockRequest(kind, LOCK, clock.now(), 0, isPatient);
  request.answer.catch(note(kind));
  book.add(request);
  return request;
}

describe('OverdueRequests', () => {
  beforeEach(() => {
    clock = new FakeClock();
    book = new RequestBook();
    overdue = new OverdueRequests({ timing: fakeTiming(clock), book, unavailableTimeoutMs: 1_000 });
    failed = [];
  });

  const UNAVAILABLE = 'no server could be reached: it broke; see that one runs, and try again';

  it('fails each within its own time and no later', async () => {
    overdue.lastFailure = 'it broke';
    acquire('first');
    overdue.watch();
    await clock.advance(400);
    acquire('second');
    overdue.watch();
    await clock.advance(599);
    expect(failed).to.deep.equal([]);
    await clock.advance(1);
    expect(failed).to.deep.equal([`first: ${UNAVAILABLE}`]);
    await clock.advance(399);
    expect(failed).to.have.length(1);
    await clock.advance(1);
    expect(failed).to.deep.equal([`first: ${UNAVAILABLE}`, `second: ${UNAVAILABLE}`]);
    expect(clock.alarmCount).to.equal(0);
  });

  it('reckons from when a server was reached last', async () => {
    acquire('first');
    await clock.advance(900);
    overdue.begin();
    overdue.watch();
    await clock.advance(999);
    expect(failed).to.deep.equal([]);
    await clock.advance(1);
    expect(failed).to.have.length(1);
  });

  it('fails nothing once a server is reached', async () => {
    acquire('first');
    overdue.watch();
    acquire('second');
    overdue.watch();
    overdue.stop();
    await clock.advance(5_000);
    expect(failed).to.deep.equal([]);
  });

  it('withdraws acquires, drops renewals, and leaves releases to be made', async () => {
    const [acquired, release] = [acquire('first'), ask('release', false)];
    ask('renew', false);
    overdue.watch();
    await clock.advance(1_000);
    expect(failed.map((line) => line.split(':')[0])).to.deep.equal(['first', 'release', 'renew']);
    expect(acquired.isWithdrawn).to.equal(true);
    expect(book.unanswered).to.deep.equal([release]);
  });

  it('leaves what is patient', async () => {
    const requests = [ask('check', true), ask('renew', true), ask('release', true)];
    overdue.watch();
    await clock.advance(1_000);
    expect(failed).to.deep.equal([]);
    expect(book.unanswered).to.deep.equal(requests);
  });

  it('fails all at once, overdue and patient or not, when no more is tried; a release stays to be made', async () => {
    acquire('first');
    const release = ask('release', false);
    ask('check', true);
    overdue.watch();
    overdue.failAll(new Error('it is no use'));
    await clock.settle();
    expect(failed).to.deep.equal([
      'first: it is no use',
      'release: it is no use',
      'check: it is no use',
    ]);
    expect([book.unanswered, clock.alarmCount]).to.deep.equal([[release], 0]);
  });
});
