import { expect } from 'chai';
import fc from 'fast-check';
import { PasswordAdmission } from '../../../../adapters/outbound/credentials/password-admission.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { RecordingLogger } from '../../../support/recording-logger.js';

describe('PasswordAdmission', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let admission: PasswordAdmission;

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    admission = new PasswordAdmission({ password: 'Zq7 sesame', clock, logger });
  });

  it('admits who shows the password, and says nothing of it', () => {
    expect(admission.admit('Zq7 sesame', 'peer')).to.equal('admitted');
    expect([logger.lines, clock.alarmCount]).to.deep.equal([[], 0]);
  });

  it('tells who showed none', () => {
    expect(admission.admit(undefined, 'peer')).to.equal('missing');
  });

  for (const wrong of [
    '',
    'Zq7',
    'Zq7 sesame ',
    'zq7 sesame',
    'Zq7 sesam\u00e9',
    'x'.repeat(10_000),
  ]) {
    it(`tells who showed ${JSON.stringify(wrong.slice(0, 20))}`, () => {
      expect(admission.admit(wrong, 'peer')).to.equal('wrong');
    });
  }

  it('admits any password that is shown as it is set, and no other', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(text, text, (password, shown) => {
        const one = new PasswordAdmission({ password, clock, logger });
        expect(one.admit(password, 'peer')).to.equal('admitted');
        expect(one.admit(shown, 'peer')).to.equal(shown === password ? 'admitted' : 'wrong');
      }),
    );
  });

  it('says who was turned away, and why', () => {
    admission.admit('guess', '10.0.0.7:4711');
    expect(logger.lines).to.deep.equal([
      {
        level: 'warn',
        message: 'A client was turned away',
        fields: { peer: '10.0.0.7:4711', reason: 'wrong password' },
      },
    ]);
  });

  it('writes a line at once and then one a second, with the count and the last of those since', async () => {
    admission.admit('lost', 'first');
    for (let guess = 0; guess < 998; guess += 1) {
      admission.admit(`${guess}`, 'peer');
    }
    expect(logger.lines).to.have.length(1);
    await clock.advance(999);
    admission.admit(undefined, 'last');
    await clock.advance(1);
    expect(logger.lines.slice(1)).to.deep.equal([
      {
        level: 'warn',
        message: 'More clients were turned away',
        fields: { count: 999, peer: 'last', reason: 'no password' },
      },
    ]);

    admission.admit('guess', 'peer');
    expect(logger.lines).to.have.length(2);
    await clock.advance(1_000);
    const again = { count: 1, peer: 'peer', reason: 'wrong password' };
    expect(logger.lines[2]?.fields).to.deep.equal(again);
  });

  it('begins anew after a second without a failure', async () => {
    admission.admit(undefined, 'peer');
    await clock.advance(1_000);
    expect([logger.lines.length, clock.alarmCount]).to.deep.equal([1, 0]);

    admission.admit(undefined, 'other');
    expect(logger.lines[1]?.fields).to.deep.equal({ peer: 'other', reason: 'no password' });
  });

  it('never shows a password, right or wrong', async () => {
    admission.admit('Zq7 sesame', 'peer');
    admission.admit('Zq7 guess', 'peer');
    admission.admit('Zq7 guess', 'peer');
    await clock.advance(5_000);
    expect(JSON.stringify(logger.lines)).not.to.include('Zq7');
  });
});
