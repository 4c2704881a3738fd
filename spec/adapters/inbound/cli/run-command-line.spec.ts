import { expect } from 'chai';
import fc from 'fast-check';
import {
  parseRunCommandLine,
  RunMisuse,
} from '../../../../adapters/inbound/cli/run-command-line.js';
import { parseDuration } from '../../../../bootstrap/duration.js';

const parse = (...argv: readonly string[]) => parseRunCommandLine(argv, parseDuration);

describe('parseRunCommandLine', () => {
  it('has a default for all but the lock and the command', () => {
    expect(parse('job', '--', 'backup', '--fast')).to.deep.equal({
      name: 'job',
      size: 1,
      waitMs: undefined,
      leaseMs: 30_000,
      graceMs: 5_000,
      addresses: ['localhost:3144'],
      passwordFile: undefined,
      useTls: false,
      caFile: undefined,
      tlsCertFile: undefined,
      tlsKeyFile: undefined,
      command: ['backup', '--fast'],
    });
  });

  it('takes every option, before or after the name', () => {
    const own = '-a a:1,b:2 --wait 0s --lease 1m job --size 3 --grace 500ms --password_file p';
    const tls = '--use_tls --ca_file ca --tls_cert cert --tls_key key';
    expect(parse(...`${own} ${tls}`.split(' '), '--', 'x')).to.deep.equal({
      name: 'job',
      size: 3,
      waitMs: 0,
      leaseMs: 60_000,
      graceMs: 500,
      addresses: ['a:1', 'b:2'],
      passwordFile: 'p',
      useTls: true,
      caFile: 'ca',
      tlsCertFile: 'cert',
      tlsKeyFile: 'key',
      command: ['x'],
    });
  });

  it('leaves all behind the first -- to the command', () => {
    expect(parse('job', '--', 'sh', '--', '--size', '0').command).to.deep.equal([
      'sh',
      '--',
      '--size',
      '0',
    ]);
  });

  for (const [line, problem] of [
    ['', /expected -- and a command/],
    ['job', /expected -- and a command/],
    ['job --', /expected -- and a command/],
    ['-- true', /expected the name of a lock/],
    ['job stray -- true', /unexpected argument "stray": put -- before the command/],
    ['--size 0 job -- true', /--size must be a whole number/],
    ['--size 1.5 job -- true', /--size must be a whole number/],
    ['--size 2147483648 job -- true', /--size must be a whole number/],
    ['--wait 5 job -- true', /--wait must be a duration/],
    ['--lease 999ms job -- true', /--lease must be a duration of 1000 ms or more/],
    ['--grace x job -- true', /--grace must be a duration/],
    ['--nope job -- true', /nope/],
    ['-a a:1,b job -- true', /^--address takes host:port, which "b" is not$/],
  ] as const) {
    it(`says what is wrong with ${JSON.stringify(line)}`, () => {
      expect(() => parse(...line.split(' ').filter(Boolean))).to.throw(RunMisuse, problem);
    });
  }

  it('understands any words, or says what it does not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('--', '-a', '--size'))),
        (argv) => {
          try {
            expect(parse(...argv).command).to.have.length.greaterThan(0);
          } catch (error) {
            expect(error).to.be.instanceOf(RunMisuse);
          }
        },
      ),
    );
  });
});
