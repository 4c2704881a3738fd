import { expect } from 'chai';
import { PasswordBrake } from '../../../../adapters/inbound/console/password-brake.js';
import { FakeClock } from '../../../support/fake-clock.js';

describe('PasswordBrake', () => {
  let clock: FakeClock;
  let brake: PasswordBrake;
  let guesses: Promise<void>[];

  beforeEach(() => {
    clock = new FakeClock();
    brake = new PasswordBrake(clock);
    guesses = [];
  });

  afterEach(async () => {
    await clock.advance(1_000);
    await Promise.all(guesses);
    expect(clock.alarmCount).to.equal(0);
  });

  function guess(address: string, count: number): void {
    for (let times = 0; times < count; times += 1) {
      guesses.push(brake.wrong(address));
    }
  }

  it('has four places for an address, and others for another', () => {
    guess('a', 3);
    expect(brake.hasPlace('a')).to.equal(true);
    guess('a', 1);
    expect([brake.hasPlace('a'), brake.hasPlace('b')]).to.deep.equal([false, true]);
  });

  it('has 64 places in all', () => {
    for (let address = 0; address < 16; address += 1) {
      expect(brake.hasPlace('late')).to.equal(true);
      guess(`a${address}`, 4);
    }
    expect(brake.hasPlace('late')).to.equal(false);
  });

  it('has them again a second later', async () => {
    guess('a', 4);
    await clock.advance(999);
    expect(brake.hasPlace('a')).to.equal(false);
    await clock.advance(1);
    expect(brake.hasPlace('a')).to.equal(true);
  });
});
