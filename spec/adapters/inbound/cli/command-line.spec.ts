import { expect } from 'chai';
import fc from 'fast-check';
import {
  type CommandLine,
  parseCommandLine,
} from '../../../../adapters/inbound/cli/command-line.js';
import { anyText } from '../../../support/some-holder.js';

const NO_SOCKET = { socketPath: undefined };
const LINES: CommandLine = { command: 'list', form: 'lines', ...NO_SOCKET };

describe('parseCommandLine', () => {
  const understood: readonly (readonly [string, CommandLine])[] = [
    ['list', LINES],
    ['list --long', { ...LINES, form: 'table' }],
    ['list -l', { ...LINES, form: 'table' }],
    ['--long list', { ...LINES, form: 'table' }],
    ['list --json', { ...LINES, form: 'json' }],
    ['-s /a/b list', { ...LINES, socketPath: '/a/b' }],
    ['-s=/a/b list', { ...LINES, socketPath: '/a/b' }],
    ['list -s/a/b', { ...LINES, socketPath: '/a/b' }],
    ['list -ls /a/b', { ...LINES, form: 'table', socketPath: '/a/b' }],
    ['--socket /a/b list', { ...LINES, socketPath: '/a/b' }],
    ['list --socket=/a/b', { ...LINES, socketPath: '/a/b' }],
    ['-s /a list -s /b', { ...LINES, socketPath: '/b' }],
    ['unlock a', { command: 'unlock', name: 'a', ...NO_SOCKET }],
    ['unlock a k', { command: 'unlock', name: 'a', key: 'k', ...NO_SOCKET }],
    ['unlock a -s /b k', { command: 'unlock', name: 'a', key: 'k', socketPath: '/b' }],
    ['unlock -- -l', { command: 'unlock', name: '-l', ...NO_SOCKET }],
    ['-- unlock --help -k', { command: 'unlock', name: '--help', key: '-k', ...NO_SOCKET }],
    ['unlock -- --', { command: 'unlock', name: '--', ...NO_SOCKET }],
    ['unlock -', { command: 'unlock', name: '-', ...NO_SOCKET }],
    ['--help', { command: 'help' }],
    ['-h', { command: 'help' }],
    ['-help', { command: 'help' }],
    ['list --help', { command: 'help' }],
    ['unlock -help', { command: 'help' }],
    ['--nope -h', { command: 'help' }],
    ['--version', { command: 'version' }],
    ['list --version', { command: 'version' }],
  ];
  for (const [words, command] of understood) {
    it(`understands ${words}`, () => {
      expect(parseCommandLine(words.split(' '))).to.deep.equal(command);
    });
  }

  it('keeps an empty name and an empty key', () => {
    expect(parseCommandLine(['unlock', '', ''])).to.include({ name: '', key: '' });
  });

  it('takes any name and key after --', () => {
    fc.assert(
      fc.property(anyText, anyText, (name, key) => {
        expect(parseCommandLine(['unlock', '--', name, key])).to.include({ name, key });
      }),
    );
  });

  const misused: readonly (readonly [string, string])[] = [
    ['', 'expected a command, list, unlock or run'],
    ['-s /a', 'expected a command, list, unlock or run'],
    ['-l', 'expected a command, list, unlock or run'],
    ['foo', 'unknown command "foo": expected list, unlock or run'],
    ['list x', 'unexpected argument "x": list takes none'],
    ['unlock', 'expected the name of a lock: ldlm-lock unlock NAME [KEY]'],
    [
      'unlock a b c',
      'unexpected argument "c": unlock takes a name and a key; ' +
        'put a name that has spaces in quotes',
    ],
    ['--nope list', 'unknown option "--nope"; put -- before a name that begins with a dash'],
    ['unlock -x', 'unknown option "-x"; put -- before a name that begins with a dash'],
    ['list -lx', 'unknown option "-x"; put -- before a name that begins with a dash'],
    ['list --no-json', 'unknown option "--no-json"; put -- before a name that begins with a dash'],
    ['list --json=1', '--json takes no value'],
    ['list -s', '-s needs the path of a socket'],
    ['list --socket', '--socket needs the path of a socket'],
    ['list --socket=', '--socket needs the path of a socket'],
    ['list --long --json', '--long and --json are two forms of one list: give one of them'],
    ['unlock a --json', '--long and --json belong to list'],
  ];
  for (const [words, problem] of misused) {
    it(`says what is wrong with "${words}"`, () => {
      const argv = words === '' ? [] : words.split(' ');
      expect(parseCommandLine(argv)).to.deep.equal({ command: 'misused', problem });
    });
  }

  it('repeats no more of a strange argument than makes it known', () => {
    const parsed = parseCommandLine(['x'.repeat(100_000)]);
    expect(parsed).to.have.property('problem').with.lengthOf.below(200);
  });

  it('has an answer to any arguments', () => {
    const anyArgument = fc.oneof(
      anyText,
      fc.constantFrom('list', 'unlock', '-s', '--socket', '--', '-', '-l', '--json', '-help'),
      anyText.map((text) => `-${text}`),
      anyText.map((text) => `--${text}`),
      fc.constantFrom('--__proto__', '--constructor', '-s=', '--=', '---', '--socket=-'),
    );
    fc.assert(
      fc.property(fc.array(anyArgument), (argv) => {
        expect(parseCommandLine(argv)).to.have.property('command');
      }),
      { numRuns: 2000 },
    );
  });
});
