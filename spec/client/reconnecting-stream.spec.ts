import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { ReconnectingStream } from '../../client/reconnecting-stream.js';
import { type ClientFrame, emptyClientFrame } from '../../proto/session-frames.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';
import { ScriptedLinks } from '../support/scripted-links.js';

const GREETING = {
  ...emptyClientFrame(),
  hello: { token: 't', recoveryWindowMs: 3_000, owner: undefined },
};

let clock: FakeClock;
let links: ScriptedLinks;
let stream: ReconnectingStream;
/** What is still to be said, as numbers that are heard. */
let news: number[];
let heard: string[];
let afterEnd: () => void;

function frameOf(...heard: readonly number[]): ClientFrame {
  return { ...emptyClientFrame(), heard };
}

/** What was said behind the greeting by the stream that is there. */
function said(): readonly (readonly number[])[] {
  return links.last.frames.slice(1).map((frame) => frame.heard);
}

function tried(): readonly string[] {
  return links.all.map(({ address }) => address);
}

async function open(): Promise<void> {
  stream.connect();
  await clock.settle();
  stream.welcomed();
}

describe('ReconnectingStream', () => {
  beforeEach(() => {
    clock = new FakeClock();
    links = new ScriptedLinks();
    news = [];
    heard = [];
    afterEnd = () => stream.reconnect();
    stream = new ReconnectingStream(
      {
        addresses: ['a:1', 'b:2'],
        openLink: links.open,
        timing: fakeTiming(clock),
        random: () => 0,
        connectTimeoutMs: 5_000,
      },
      {
        greeting: () => GREETING,
        hasNews: () => news.length > 0,
        nextFrame: () => frameOf(...news.splice(0)),
        onFrame: ({ received }) => heard.push(`frame ${received}`),
        onEnd: ({ details }, wasOpen) => {
          heard.push(`${details}, ${wasOpen ? 'open' : 'not open'}, ${stream.phase}`);
          afterEnd();
        },
      },
    );
  });

  describe('goes', () => {
    it('from idle over connecting to open, and greets first', async () => {
      expect(stream.phase).to.equal('idle');
      stream.connect();
      expect([stream.phase, stream.address]).to.deep.equal(['connecting', 'a:1']);
      expect(links.last.frames).to.deep.equal([GREETING]);
      stream.welcomed();
      expect(stream.phase).to.equal('open');
      await clock.advance(10_000);
      expect([stream.phase, links.last.isCancelled]).to.deep.equal(['open', false]);
    });

    it('from broken over waiting to connecting, when its speaker is for another try', async () => {
      await open();
      links.last.end();
      expect(heard).to.deep.equal(['the connection broke, open, waiting']);
      await clock.advance(0);
      expect([stream.phase, tried()]).to.deep.equal(['connecting', ['a:1', 'b:2']]);
      links.last.end();
      expect(heard[1]).to.equal('the connection broke, not open, waiting');
    });

    it('from broken to idle, when its speaker is not', async () => {
      afterEnd = () => stream.rest();
      stream.connect();
      links.last.end();
      expect([stream.phase, clock.alarmCount]).to.deep.equal(['idle', 0]);
    });
  });

  it('tries the addresses in turn at once, then after growing delays', async () => {
    stream.connect();
    for (const [delayMs, expected] of [
      [0, ['a:1', 'b:2']],
      [25, ['a:1', 'b:2', 'a:1']],
      [0, ['a:1', 'b:2', 'a:1', 'b:2']],
      [50, ['a:1', 'b:2', 'a:1', 'b:2', 'a:1']],
    ] as const) {
      links.last.end();
      await clock.advance(delayMs);
      expect(tried()).to.deep.equal(expected);
    }
  });

  it('begins with the shortest delay again after a welcome', async () => {
    stream.connect();
    for (let count = 0; count < 4; count += 1) {
      links.last.end();
      await clock.advance(3_000);
    }
    stream.welcomed();
    links.last.end();
    await clock.advance(0);
    links.last.end();
    const before = links.all.length;
    await clock.advance(24);
    expect(links.all).to.have.length(before);
    await clock.advance(1);
    expect(links.all).to.have.length(before + 1);
  });

  it('gives up a server that does not answer in time', async () => {
    stream.connect();
    await clock.advance(5_000);
    expect(heard).to.deep.equal(['a:1 did not answer in time, not open, waiting']);
    expect(links.all.map(({ address, isCancelled }) => [address, isCancelled])).to.deep.equal([
      ['a:1', true],
      ['b:2', false],
    ]);
  });

  it('takes no notice of what an older stream still says', async () => {
    await open();
    const [first] = links.all;
    first?.end();
    await clock.advance(0);
    heard = [];
    first?.say();
    first?.end();
    expect(heard).to.deep.equal([]);
  });

  describe('says', () => {
    it('in one frame what gathers in one turn', async () => {
      await open();
      for (const number of [1, 2, 3]) {
        news.push(number);
        stream.say();
      }
      expect(said()).to.deep.equal([]);
      await clock.settle();
      expect(said()).to.deep.equal([[1, 2, 3]]);
      news.push(4);
      stream.say();
      await clock.settle();
      expect(said()).to.deep.equal([[1, 2, 3], [4]]);
    });

    it('what gathers while a frame is on its way in the next one', async () => {
      await open();
      links.last.isStalled = true;
      news.push(1);
      stream.say();
      await clock.settle();
      news.push(2);
      stream.say();
      news.push(3);
      stream.say();
      stream.sayAtOnce();
      await clock.settle();
      expect(said()).to.deep.equal([[1]]);
      links.last.unstall();
      expect(said()).to.deep.equal([[1], [2, 3]]);
    });

    it('nothing without news, but for what is to be said at once', async () => {
      await open();
      stream.say();
      await clock.settle();
      expect(said()).to.deep.equal([]);
      stream.sayAtOnce();
      expect(said()).to.deep.equal([[]]);
    });

    it('nothing but its greeting before it is welcome', async () => {
      stream.connect();
      await clock.settle();
      news.push(1);
      stream.say();
      stream.sayAtOnce();
      await clock.settle();
      expect(said()).to.deep.equal([]);
    });
  });

  it('is broken with a reason, and goes on to the next address', async () => {
    await open();
    stream.break({ code: status.UNAVAILABLE, details: 'it was silent' });
    expect(heard).to.deep.equal(['it was silent, open, waiting']);
    expect(links.last.isCancelled).to.equal(true);
    await clock.advance(0);
    expect(tried()).to.deep.equal(['a:1', 'b:2']);
  });

  describe('closed', () => {
    const listener = {
      onFrame: () => heard.push('another hears a frame'),
      onEnd: () => heard.push('another hears the end'),
    };

    for (const [phase, reach] of [
      ['connecting', () => stream.connect()],
      [
        'waiting',
        async () => {
          await open();
          links.last.end();
        },
      ],
    ] as const) {
      it(`while ${phase}, lets go of what there is, and tries no more`, async () => {
        await reach();
        expect(stream.phase).to.equal(phase);
        stream.close({ keepsOpen: true });
        expect(links.last.isCancelled).to.equal(phase === 'connecting');
        heard = [];
        links.last.end();
        await clock.advance(10_000);
        expect([stream.phase, links.all.length, heard]).to.deep.equal(['closed', 1, []]);
        expect(clock.alarmCount).to.equal(0);
      });
    }

    it('while open, leaves its stream to whoever has the last word', async () => {
      await open();
      stream.close({ keepsOpen: true });
      stream.openForLastWord(listener).write(frameOf(1), () => undefined);
      links.last.say();
      links.last.end();
      expect([links.all.length, said()]).to.deep.equal([1, [[1]]]);
      expect(heard).to.deep.equal(['another hears a frame', 'another hears the end']);
    });

    it('while open, lets go of its stream if there is no last word', async () => {
      await open();
      stream.close({ keepsOpen: false });
      links.last.say();
      links.last.end();
      expect([links.last.isCancelled, heard, stream.phase]).to.deep.equal([true, [], 'closed']);
    });

    it('without a stream, opens one for the last word', async () => {
      await open();
      links.last.end();
      stream.close({ keepsOpen: true });
      heard = [];
      stream.openForLastWord(listener).write(frameOf(1), () => undefined);
      expect(tried()).to.deep.equal(['a:1', 'b:2']);
      expect(links.last.frames).to.deep.equal([frameOf(1)]);
      links.last.end();
      expect(heard).to.deep.equal(['another hears the end']);
    });
  });
});
