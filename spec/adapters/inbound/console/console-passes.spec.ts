import { expect } from 'chai';
import { ConsolePasses } from '../../../../adapters/inbound/console/console-passes.js';
import { FakeClock } from '../../../support/fake-clock.js';

describe('ConsolePasses', () => {
  let clock: FakeClock;
  let passes: ConsolePasses;

  beforeEach(() => {
    clock = new FakeClock();
    passes = new ConsolePasses(clock, { countMax: 2, idleMs: 100, lifeMs: 250 });
  });

  it('gives tokens of 256 random bits', () => {
    const tokens = [passes.give(), passes.give()];
    expect(new Set(tokens).size).to.equal(2);
    expect(tokens.join(' ')).to.match(/^[\w-]{43} [\w-]{43}$/);
  });

  it('knows the tokens that it gave, and no other', () => {
    const token = passes.give();
    expect([passes.show(token), passes.show('x'.repeat(43)), passes.show('')]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });

  it('forgets one that is not shown for its idle time, and no sooner', async () => {
    const [early, late] = [passes.give(), passes.give()];
    await clock.advance(99);
    expect(passes.show(early)).to.equal(true);
    await clock.advance(1);
    expect(passes.show(late)).to.equal(false);
    expect(passes.show(early)).to.equal(true);
  });

  it('forgets one at the end of its life, however often it is shown', async () => {
    const token = passes.give();
    await clock.advance(90);
    passes.show(token);
    await clock.advance(90);
    passes.show(token);
    await clock.advance(69);
    expect(passes.show(token)).to.equal(true);
    await clock.advance(1);
    expect(passes.show(token)).to.equal(false);
  });

  it('forgets, with one too many, the one that was shown least recently', () => {
    const [first, second] = [passes.give(), passes.give()];
    passes.show(first);
    const third = passes.give();
    expect([first, second, third].map((token) => passes.show(token))).to.deep.equal([
      true,
      false,
      true,
    ]);
  });

  it('takes one back, and no other', () => {
    const [first, second] = [passes.give(), passes.give()];
    passes.takeBack(first);
    expect([passes.show(first), passes.show(second)]).to.deep.equal([false, true]);
  });
});
