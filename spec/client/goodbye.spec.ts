import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { sayGoodbye } from '../../client/goodbye.js';
import { SessionStream } from '../../client/session-stream.js';
import { emptyClientFrame } from '../../proto/session-frames.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';
import { ScriptedLinks } from '../support/scripted-links.js';

const FRAME = { ...emptyClientFrame(), goodbye: true };

describe('sayGoodbye', () => {
  let clock: FakeClock;
  let links: ScriptedLinks;
  let saying: Promise<boolean>;

  beforeEach(() => {
    clock = new FakeClock();
    links = new ScriptedLinks();
    saying = sayGoodbye({
      openStream: (listener) => new SessionStream(links.open, 'a:1', listener),
      frame: FRAME,
      timing: fakeTiming(clock),
      closeTimeoutMs: 2_000,
    });
  });

  afterEach(() => {
    expect([links.last.isCancelled, clock.alarmCount]).to.deep.equal([true, 0]);
  });

  it('says it, and is heard when the server ends the stream in good order', async () => {
    links.last.end({ code: status.OK });
    expect(await saying).to.equal(true);
    expect(links.last.frames).to.deep.equal([FRAME]);
  });

  it('is heard by a server that came back to the session first', async () => {
    links.last.welcome({ resumed: true });
    links.last.end({ code: status.OK });
    expect(await saying).to.equal(true);
  });

  it('is not heard in another session', async () => {
    links.last.welcome({ resumed: false });
    links.last.say();
    links.last.end({ code: status.OK });
    expect(await saying).to.equal(false);
  });

  it('is not heard when the stream breaks', async () => {
    links.last.end();
    expect(await saying).to.equal(false);
  });

  it('waits no longer than it may', async () => {
    await clock.advance(1_999);
    expect(links.last.isCancelled).to.equal(false);
    await clock.advance(1);
    expect(await saying).to.equal(false);
  });
});
