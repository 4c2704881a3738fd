import { expect } from 'chai';
import { HeldLock } from '../../client/held-lock.js';
import type { AcquireOrder } from '../../client/lock-engine.js';
import { AcquireRequest, LockRequest } from '../../client/request.js';
import { RequestBook } from '../../client/request-book.js';
import { type ClientFrame, encodeClientFrame } from '../../proto/session-frames.js';

let book: RequestBook;

beforeEach(() => {
  book = new RequestBook();
  book.frameRequestsMax = 100;
  book.sessionRequestsMax = 1_000;
});

function acquire(fields: Partial<AcquireOrder> = {}): AcquireRequest {
  const order = {
    name: 'a',
    size: 1,
    waitUntil: Number.POSITIVE_INFINITY,
    leaseMs: undefined,
    isRenewed: true,
    metadata: undefined,
    ...fields,
  };
  const request = new AcquireRequest(order, 0);
  book.add(request);
  return request;
}

function ask(kind: LockRequest['kind'], leaseMs = 0): LockRequest {
  const terms = { leaseMs: undefined, deadlineAt: 1, isRenewed: false };
  const request = new LockRequest(kind, new HeldLock('a', 'k', 1, terms), 0, leaseMs, false);
  book.add(request);
  return request;
}

/** The numbers in a frame, in the order in which the server takes them up. */
function said({ heard, releases, renewals, checks, acquires, withdrawals }: ClientFrame) {
  const ids = (requests: readonly { readonly requestId: number }[]) =>
    requests.map(({ requestId }) => requestId);
  return {
    heard,
    releases: ids(releases),
    renewals: ids(renewals),
    checks: ids(checks),
    acquires: ids(acquires),
    withdrawals,
  };
}

const NOTHING = {
  heard: [],
  releases: [],
  renewals: [],
  checks: [],
  acquires: [],
  withdrawals: [],
};

describe('RequestBook', () => {
  it('gives growing numbers, what is asked of locks first', () => {
    acquire();
    ask('release');
    ask('renew', 500);
    ask('check');
    const frame = book.nextFrame(10);
    expect(said(frame)).to.deep.equal({
      ...NOTHING,
      releases: [1],
      renewals: [2],
      checks: [3],
      acquires: [4],
    });
    expect(frame.renewals[0]?.leaseMs).to.equal(500);
    expect(said(book.nextFrame(11))).to.deep.equal(NOTHING);
  });

  for (const [what, waitUntil, waitMs] of [
    ['not at all', undefined, 0],
    ['for ever', Number.POSITIVE_INFINITY, undefined],
    ['for what is left of its time', 1_000.5, 501],
    ['for a moment, when its time is over', 400, 1],
  ] as const) {
    it(`asks to wait ${what}`, () => {
      acquire({ waitUntil });
      expect(book.nextFrame(500).acquires[0]?.waitMs).to.equal(waitMs);
    });
  }

  it('has news of what can be said, and of nothing else', () => {
    expect(book.hasNews(false)).to.equal(false);
    acquire();
    expect([book.hasNews(false), book.hasNews(true)]).to.deep.equal([true, false]);
    ask('release');
    expect(book.hasNews(true)).to.equal(true);
    book.nextFrame(0);
    expect(book.hasNews(false)).to.equal(false);
    book.hear(1, 'done');
    expect(book.hasNews(false)).to.equal(false);
  });

  it('says what was heard without more to say when that is very much', () => {
    for (let id = 1; id <= 256; id += 1) {
      book.hear(id, 'done');
    }
    expect(book.hasNews(false)).to.equal(true);
  });

  it('asks no more than the server keeps in mind, until an answer is heard', () => {
    book.sessionRequestsMax = 2;
    for (let count = 0; count < 3; count += 1) {
      ask('check');
    }
    expect(said(book.nextFrame(0)).checks).to.deep.equal([1, 2]);
    expect(book.hasNews(false)).to.equal(false);
    book.hear(1, 'done');
    expect(book.hasNews(false)).to.equal(true);
    expect(said(book.nextFrame(0))).to.deep.equal({ ...NOTHING, heard: [1], checks: [3] });
  });

  it('keeps half of a small room free of acquires, which may wait for what needs it', () => {
    book.sessionRequestsMax = 4;
    for (let count = 0; count < 4; count += 1) {
      acquire();
    }
    expect(said(book.nextFrame(0)).acquires).to.deep.equal([1, 2]);
    ask('release');
    expect(said(book.nextFrame(0))).to.deep.equal({ ...NOTHING, releases: [3] });
  });

  it('tells when the last frame was sent that the server has taken', () => {
    book.frameSent(10);
    book.frameSent(20);
    book.frameSent(30);
    expect(book.acknowledge(2)).to.equal(20);
    expect(book.acknowledge(2)).to.equal(undefined);
    expect(book.acknowledge(3)).to.equal(30);
    expect(book.acknowledge(9)).to.equal(undefined);
  });

  it('counts the frames of each stream anew', () => {
    book.frameSent(10);
    book.beginStream();
    book.frameSent(20);
    expect(book.acknowledge(1)).to.equal(20);
  });

  describe('after a break', () => {
    it('says again, under its number and its first time, what has no answer', () => {
      const first = acquire();
      ask('release');
      book.nextFrame(10);
      book.hear(1, 'done');
      acquire();
      book.beginStream();
      book.resume();
      expect(said(book.nextFrame(99))).to.deep.equal({ ...NOTHING, heard: [1], acquires: [2, 3] });
      expect(first.sentAt).to.equal(10);
    });

    it('says again what was heard, if the server may not know', () => {
      acquire();
      book.nextFrame(0);
      book.hear(1, 'done');
      book.frameSent(0, book.nextFrame(0).heard);
      book.beginStream();
      expect(book.nextFrame(0).heard).to.include(1);
    });

    it('withdraws again, behind the acquires that it says again', () => {
      book.frameRequestsMax = 2;
      const [first] = [acquire(), acquire(), acquire()];
      book.nextFrame(0);
      book.nextFrame(0);
      book.withdraw(first as AcquireRequest);
      book.resume();
      expect(said(book.nextFrame(0))).to.deep.equal({ ...NOTHING, acquires: [1, 2] });
      expect(said(book.nextFrame(0))).to.deep.equal({
        ...NOTHING,
        acquires: [3],
        withdrawals: [1],
      });
    });
  });

  describe('in another session', () => {
    it('asks for what is still wanted, under new numbers, and gives back what was asked of locks', () => {
      const [wanted, unwanted] = [acquire(), acquire()];
      const release = ask('release');
      book.nextFrame(0);
      book.withdraw(unwanted as AcquireRequest);
      book.hear(7, 'done');
      expect(book.renew()).to.deep.equal([release]);
      expect(said(book.nextFrame(50))).to.deep.equal({ ...NOTHING, acquires: [4] });
      expect(wanted).to.include({ id: 4, sentAt: 50 });
      expect(book.unanswered).to.deep.equal([wanted]);
    });

    it('says nothing of what was heard in the one before', () => {
      book.hear(1, 'done');
      book.nextFrame(0);
      book.hear(2, 'done');
      book.renew();
      book.beginStream();
      expect(book.nextFrame(0).heard).to.deep.equal([]);
    });
  });

  describe('what is not wanted any more', () => {
    it('is never said if it was not yet', () => {
      book.withdraw(acquire());
      const renewal = ask('renew', 1);
      book.drop(renewal);
      expect(said(book.nextFrame(0))).to.deep.equal(NOTHING);
      expect(book.unanswered).to.deep.equal([]);
    });

    it('has its last word when it is refused, whatever was granted before', () => {
      const request = acquire();
      book.nextFrame(0);
      book.withdraw(request);
      expect(book.hear(1, 'granted')).to.equal(undefined);
      expect(book.nextFrame(0).heard).to.deep.equal([]);
      expect(book.hear(1, 'refused')).to.equal(request);
      expect(book.nextFrame(0).heard).to.deep.equal([1]);
      expect(book.unanswered).to.deep.equal([]);
    });

    it('is withdrawn once, however often that is said', () => {
      const request = acquire();
      book.nextFrame(0);
      book.withdraw(request);
      book.withdraw(request);
      expect(said(book.nextFrame(0)).withdrawals).to.deep.equal([1]);
    });
  });

  it('cuts frames by their length in bytes, too', () => {
    for (let count = 0; count < 10; count += 1) {
      acquire({ name: 'n'.repeat(100_000) });
    }
    const counts = [book.nextFrame(0), book.nextFrame(0), book.nextFrame(0)].map(
      ({ acquires }) => acquires.length,
    );
    expect(counts).to.deep.equal([2, 2, 2]);
  });

  it('makes no frame longer than the server takes', () => {
    const bytesMax = 2_048;
    book.limitFrames(bytesMax);
    book.sessionRequestsMax = 10_000;
    for (let count = 0; count < 40; count += 1) {
      acquire({ name: '鍵'.repeat(20), metadata: { purpose: 'p'.repeat(40) } });
      book.hear(1_000_000 + count * 20, 'done');
    }
    for (let count = 0; count < 2_000; count += 1) {
      book.hear(2_000_000 + count, 'done');
    }
    let [acquireCount, heardCount] = [0, 0];
    for (let frame = book.nextFrame(0); frame.heard.length > 0; frame = book.nextFrame(0)) {
      expect(encodeClientFrame(frame).length).to.be.at.most(bytesMax);
      acquireCount += frame.acquires.length;
      heardCount += frame.heard.length;
    }
    expect([acquireCount, heardCount]).to.deep.equal([40, 2_040]);
  });
});
