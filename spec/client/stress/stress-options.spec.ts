import { expect } from 'chai';
import fc from 'fast-check';
import { parseStressOptions, STRESS_OPTIONS } from '../../../client/stress/stress-options.js';

const parse = (...args: string[]) => parseStressOptions(args, {}, 1_234_567);

describe('parseStressOptions', () => {
  it('has the defaults of the tool that it takes after', () => {
    const command = parse();
    expect(command.kind === 'run' && command.options).to.deep.include({
      clientCount: 80,
      lockCount: 24,
      holdMsMax: 10_000,
      renamedEveryMs: undefined,
      forMs: undefined,
      seed: 234_567,
    });
  });

  it('takes every word, long and short', () => {
    const command = parse(
      ...'-a a:1,b:2 -c 3 -l 4 -s 0.5 -r -i 2s --for 1m --size_max 9 --unary --seed 8'.split(' '),
      ...'--password p --use_tls --skip_verify --wait_max_seconds 6 --disconnects_per_mille 7'.split(
        ' ',
      ),
    );
    expect(command.kind === 'run' && command.options).to.deep.equal({
      client: {
        addresses: ['a:1', 'b:2'],
        name: 'ldlm-stress',
        unary: true,
        password: 'p',
        tls: { skipVerify: true },
      },
      clientCount: 3,
      lockCount: 4,
      holdMsMax: 500,
      waitMsMax: 6_000,
      sizeMax: 9,
      disconnectsPerMille: 7,
      renamedEveryMs: 2_000,
      forMs: 60_000,
      seed: 8,
    });
  });

  it('takes the password from the environment', () => {
    const command = parseStressOptions([], { LDLM_PASSWORD: 'p' }, 0);
    expect(command.kind === 'run' && command.options.client.password).to.equal('p');
  });

  for (const [words, problem] of [
    ['--nope', /--nope/],
    ['-c 0', /--num_clients must be a whole number, 1 or more/],
    ['-l x', /--num_locks must be a whole number/],
    ['-s -1', /sleep_for_max_seconds/],
    ['-r -i 7', /--randomize_interval must be a duration/],
    ['--for 0s', /--for must be a duration/],
    ['--ca_file /no/such/file', /no such file/],
  ] as const) {
    it(`says what is wrong with ${words}`, () => {
      const command = parse(...words.split(' '));
      expect(command.kind === 'misused' && command.problem).to.match(problem);
    });
  }

  it('names every option in its help, which fits a terminal of 80 columns', () => {
    const command = parse('--help');
    const text = command.kind === 'help' ? command.text : '';
    const missing = Object.keys(STRESS_OPTIONS).filter((name) => !text.includes(`--${name}`));
    expect(missing).to.deep.equal([]);
    expect(Math.max(...text.split('\n').map((line) => line.length))).to.be.at.most(80);
  });

  it('understands any words, or says what it does not', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(parse(...words).kind).to.be.oneOf(['run', 'help', 'misused']);
      }),
    );
  });
});
