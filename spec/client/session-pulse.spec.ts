import { expect } from 'chai';
import { SessionPulse } from '../../client/session-pulse.js';
import { FakeClock } from '../support/fake-clock.js';
import { fakeTiming } from '../support/fake-timing.js';

const START = 1_000_000;
const HEARTBEAT_MS = 1_000;

let clock: FakeClock;
let pulse: SessionPulse;
let told: string[];

function begin(recoveryWindowMs: number): void {
  pulse.said(clock.now());
  pulse.heard(clock.now());
  pulse.begin({ heartbeatMs: HEARTBEAT_MS, recoveryWindowMs });
  pulse.watch();
}

describe('SessionPulse', () => {
  beforeEach(() => {
    clock = new FakeClock(START);
    told = [];
    const note = (what: string) => () => told.push(`${what} at ${clock.now() - START}`);
    pulse = new SessionPulse(fakeTiming(clock), {
      onBeat: note('beat'),
      onSilence: note('silence'),
      onOver: note('over'),
    });
  });

  it('knows of no life before a server was heard of', () => {
    expect(pulse.aliveUntil).to.equal(Number.NEGATIVE_INFINITY);
  });

  describe('a session with a recovery window', () => {
    beforeEach(() => begin(10_000));

    it('lives from when the last frame was sent that the server took, for its window', async () => {
      expect([pulse.isRecoverable, pulse.aliveUntil]).to.deep.equal([true, START + 10_000]);
      await clock.advance(500);
      pulse.heard(START + 400);
      expect(pulse.aliveUntil).to.equal(START + 10_400);
    });

    it('does not live any longer for what the server says of its own accord', async () => {
      await clock.advance(500);
      pulse.heard(undefined);
      expect(pulse.aliveUntil).to.equal(START + 10_000);
    });

    it('lives on when its stream is over, and may be over when its window is', async () => {
      pulse.stop();
      expect(pulse.aliveUntil).to.equal(START + 10_000);
      await clock.advance(9_999);
      expect(told).to.deep.equal([]);
      await clock.advance(1);
      expect(told).to.deep.equal(['over at 10000']);
    });

    it('is looked after anew each time that its end has moved', async () => {
      pulse.stop();
      await clock.advance(6_000);
      pulse.heard(START + 6_000);
      await clock.advance(9_999);
      expect(told).to.deep.equal([]);
      await clock.advance(1);
      expect(told).to.deep.equal(['over at 16000']);
    });

    it('tells whether what was heard came too late', async () => {
      await clock.advance(2_000);
      pulse.heard(undefined);
      expect(pulse.isTooLate).to.equal(false);
      pulse.stop();
      await clock.advance(8_000);
      pulse.heard(undefined);
      expect(pulse.isTooLate).to.equal(true);
    });
  });

  describe('a session without a recovery window', () => {
    beforeEach(() => begin(0));

    it('lives for three heartbeats from when the last frame was sent that the server took', () => {
      expect([pulse.isRecoverable, pulse.aliveUntil]).to.deep.equal([false, START + 3_000]);
    });

    it('ends with its stream', () => {
      pulse.stop();
      expect(pulse.aliveUntil).to.equal(Number.NEGATIVE_INFINITY);
    });
  });

  describe('beats', () => {
    beforeEach(() => begin(60_000));

    it('when nothing was said for a heartbeat', async () => {
      await clock.advance(600);
      pulse.said(clock.now());
      pulse.heard(clock.now());
      await clock.advance(999);
      expect(told).to.deep.equal([]);
      await clock.advance(1);
      expect(told).to.deep.equal(['beat at 1600']);
    });

    it('until the server was silent for more than three heartbeats', async () => {
      await clock.advance(10_000);
      expect(told).to.deep.equal([
        'beat at 1000',
        'beat at 2000',
        'beat at 3000',
        'silence at 4000',
      ]);
    });

    it('no more when the stream is over', async () => {
      pulse.stop();
      await clock.advance(10_000);
      expect(told).to.deep.equal([]);
    });
  });

  it('tells whether a stream lasted for a heartbeat', async () => {
    begin(10_000);
    await clock.advance(999);
    expect(pulse.hasLasted).to.equal(false);
    await clock.advance(1);
    expect(pulse.hasLasted).to.equal(true);
  });

  it('keeps no timer when it is closed', () => {
    begin(10_000);
    pulse.close();
    expect(clock.alarmCount).to.equal(0);
  });
});
