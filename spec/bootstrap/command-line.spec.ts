import { expect } from 'chai';
import fc from 'fast-check';
import { parseCommandLine } from '../../bootstrap/command-line.js';
import { SettingError } from '../../bootstrap/setting-error.js';
import { flagSettings } from '../../bootstrap/settings-table.js';

describe('parseCommandLine', () => {
  const lines: readonly (readonly [line: string, texts: Record<string, string>])[] = [
    ['', {}],
    ['-l X', { listen_address: 'X' }],
    ['-l=X', { listen_address: 'X' }],
    ['-lX', { listen_address: 'X' }],
    ['--listen_address X', { listen_address: 'X' }],
    ['--listen_address=X', { listen_address: 'X' }],
    ['--listen_address=', { listen_address: '' }],
    ['-l=', { listen_address: '' }],
    ['-l a=b', { listen_address: 'a=b' }],
    ['--state_file=a=b', { state_file: 'a=b' }],
    ['-nl X', { no_clear_on_disconnect: 'true', listen_address: 'X' }],
    ['-nlX', { no_clear_on_disconnect: 'true', listen_address: 'X' }],
    ['-nl=X', { no_clear_on_disconnect: 'true', listen_address: 'X' }],
    ['-n', { no_clear_on_disconnect: 'true' }],
    ['-n=false', { no_clear_on_disconnect: 'false' }],
    ['-n=true -v warn', { no_clear_on_disconnect: 'true', log_level: 'warn' }],
    ['--no_clear_on_disconnect', { no_clear_on_disconnect: 'true' }],
    ['--no_clear_on_disconnect=false', { no_clear_on_disconnect: 'false' }],
    ['-l X -l Y', { listen_address: 'Y' }],
    ['-l X --listen_address=Y', { listen_address: 'Y' }],
    ['-n --no_clear_on_disconnect=false', { no_clear_on_disconnect: 'false' }],
    ['-d -5s', { default_lock_timeout: '-5s' }],
    ['-s=-n', { state_file: '-n' }],
    ['-c x.yaml -l X', { config_file: 'x.yaml', listen_address: 'X' }],
    ['-l X -c x.yaml', { config_file: 'x.yaml', listen_address: 'X' }],
    ['-h', { help: 'true' }],
    ['--help', { help: 'true' }],
    ['-help', { help: 'true' }],
    ['--version', { version: 'true' }],
  ];
  for (const [line, texts] of lines) {
    it(`reads "${line}"`, () => {
      const words = line.split(' ').filter((word) => word !== '');

      expect(Object.fromEntries(parseCommandLine(words))).to.deep.equal(texts);
    });
  }

  it('reads an empty value', () => {
    expect(parseCommandLine(['-l', '']).get('listen_address')).to.equal('');
  });

  it('reads the long form of every setting', () => {
    for (const { name } of flagSettings) {
      expect(Object.fromEntries(parseCommandLine([`--${name}=x`]))).to.deep.equal({ [name]: 'x' });
    }
  });

  it('reads the short form of every setting that has one', () => {
    for (const { name, letter } of flagSettings) {
      const texts = letter === undefined ? undefined : parseCommandLine([`-${letter}=x`]);
      expect(texts === undefined || texts.get(name) === 'x').to.equal(true);
    }
  });

  const slips: readonly (readonly [words: readonly string[], message: string])[] = [
    [['--nope'], 'unknown flag --nope; --help lists the flags'],
    [['-Z'], 'unknown flag -Z; --help lists the flags'],
    [['-nZ'], 'unknown flag -Z; --help lists the flags'],
    [['-n-'], 'unknown flag --; --help lists the flags'],
    [['-='], 'unknown flag "-="; --help lists the flags'],
    [['-🔒'], 'unknown flag "-\\ud83d"; --help lists the flags'],
    [['--=x'], 'unknown flag --; --help lists the flags'],
    [['--two words'], 'unknown flag "--two words"; --help lists the flags'],
    [['--listen-address', 'x'], 'unknown flag --listen-address; did you mean --listen_address?'],
    [['--Listen_Address=x'], 'unknown flag --Listen_Address; did you mean --listen_address?'],
    [['---version'], 'unknown flag ---version; did you mean --version?'],
    [['-listen_address=x'], 'unknown flag -listen_address; did you mean --listen_address?'],
    [['-pasword', 'x'], 'unknown flag -p; did you mean --password?'],
    [['-l'], '-l needs a value: -l host:port'],
    [['--state_file'], '--state_file needs a value: --state_file file'],
    [
      ['-s', '-n'],
      '-s needs a value, but a flag follows it; write -s=VALUE for a value that looks like a flag',
    ],
    [
      ['-s', '--log_level=info'],
      '-s needs a value, but a flag follows it; write -s=VALUE for a value that looks like a flag',
    ],
    [['a-word'], 'stray word "a-word"; only flags are taken, and --help lists them'],
    [['-l', 'x', 'y'], 'stray word "y"; only flags are taken, and --help lists them'],
    [[''], 'stray word ""; only flags are taken, and --help lists them'],
    [['-'], 'stray word "-"; only flags are taken, and --help lists them'],
    [['--'], 'stray word "--"; only flags are taken, and --help lists them'],
    [['-n', 'false'], 'stray word "false"; a switch takes its value as in -n=false'],
    [
      ['--no_clear_on_disconnect', 'true'],
      'stray word "true"; a switch takes its value as in ' + '--no_clear_on_disconnect=false',
    ],
    [
      ['--password', 'my', 'secret'],
      'a stray word follows --password; put a value with spaces into quotes',
    ],
  ];
  for (const [words, message] of slips) {
    it(`refuses ${JSON.stringify(words.join(' '))}, and says what to do`, () => {
      expect(() => parseCommandLine(words))
        .to.throw(SettingError)
        .with.property('message', message);
    });
  }

  it('reads or refuses any words', () => {
    const flagLike = fc
      .tuple(fc.constantFrom('', '-', '--'), fc.constantFrom('l', 'n', 'nl', 'help', 'shards', '='))
      .map((parts) => parts.join(''));
    const word = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), flagLike);
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        try {
          expect(parseCommandLine(argv)).to.be.instanceOf(Map);
        } catch (error) {
          expect(error).to.be.instanceOf(SettingError);
          expect(error).to.have.property('message').that.does.not.include('\n');
        }
      }),
    );
  });
});
