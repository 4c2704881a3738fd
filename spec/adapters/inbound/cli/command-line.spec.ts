import { expect } from 'chai';
import fc from 'fast-check';
import {
  type CommandLine,
  parseCommandLine,
} from '../../../../adapters/inbound/cli/command-line.js';
import { COMMAND_OPTIONS } from '../../../../adapters/inbound/cli/command-options.js';
import type { RemoteAccess } from '../../../../adapters/inbound/cli/server-place.js';
import { anyText } from '../../../support/some-holder.js';

const HERE = { place: { at: 'socket', path: undefined } } as const;
const LIST = { command: 'list', filter: {}, isWatching: false } as const;
const LINES = { ...LIST, form: 'lines', ...HERE } as const;
const EXPECTED = 'list, show, sessions, stats, top, unlock, kick, run or completion';

function socket(path: string) {
  return { place: { at: 'socket', path } } as const;
}

function remote(access: Partial<RemoteAccess> = {}) {
  const none = {
    addresses: ['a:1'],
    password: undefined,
    passwordFile: undefined,
    useTls: false,
    skipVerify: false,
    caFile: undefined,
    tlsCertFile: undefined,
    tlsKeyFile: undefined,
  };
  return { place: { at: 'address', access: { ...none, ...access } } } as const;
}

describe('parseCommandLine', () => {
  const understood: readonly (readonly [string, CommandLine])[] = [
    ['list', LINES],
    ['list --long', { ...LINES, form: 'table' }],
    ['list -l', { ...LINES, form: 'table' }],
    ['--long list', { ...LINES, form: 'table' }],
    ['list --json', { ...LINES, form: 'json' }],
    ['-s /a/b list', { ...LINES, ...socket('/a/b') }],
    ['-s=/a/b list', { ...LINES, ...socket('/a/b') }],
    ['list -s/a/b', { ...LINES, ...socket('/a/b') }],
    ['list -ls /a/b', { ...LINES, form: 'table', ...socket('/a/b') }],
    ['--socket /a/b list', { ...LINES, ...socket('/a/b') }],
    ['list --socket=/a/b', { ...LINES, ...socket('/a/b') }],
    ['-s /a list -s /b', { ...LINES, ...socket('/b') }],
    ['list --watch', { ...LINES, isWatching: true }],
    ['list --watch --json', { ...LINES, form: 'json', isWatching: true }],
    ['list --name a', { ...LINES, filter: { name: 'a' } }],
    ['list --name a*', { ...LINES, filter: { namePattern: 'a*' } }],
    ['list --prefix a*', { ...LINES, filter: { namePrefix: 'a*' } }],
    ['list --session s1', { ...LINES, filter: { session: 's1' } }],
    ['list --owner db1', { ...LINES, filter: { owner: { value: 'db1' } } }],
    ['list --owner host=db1', { ...LINES, filter: { owner: { word: 'host', value: 'db1' } } }],
    ['list --owner a=b=c', { ...LINES, filter: { owner: { word: 'a', value: 'b=c' } } }],
    ['list --owner host=', { ...LINES, filter: { owner: { word: 'host', value: '' } } }],
    ['list --owner =x', { ...LINES, filter: { owner: { value: '=x' } } }],
    ['show a', { command: 'show', name: 'a', isJson: false, ...HERE }],
    ['show a --json', { command: 'show', name: 'a', isJson: true, ...HERE }],
    ['sessions', { command: 'sessions', isJson: false, ...HERE }],
    ['sessions --json', { command: 'sessions', isJson: true, ...HERE }],
    ['stats', { command: 'stats', isJson: false, ...HERE }],
    ['stats --json', { command: 'stats', isJson: true, ...HERE }],
    ['top', { command: 'top', intervalMs: 2_000, ...HERE }],
    ['top --interval 0.5', { command: 'top', intervalMs: 500, ...HERE }],
    ['unlock a', { command: 'unlock', name: 'a', ...HERE }],
    ['unlock a k', { command: 'unlock', name: 'a', key: 'k', ...HERE }],
    ['unlock a -s /b k', { command: 'unlock', name: 'a', key: 'k', ...socket('/b') }],
    ['unlock a --all', { command: 'unlock-all', name: 'a', ...HERE }],
    ['unlock -- -l', { command: 'unlock', name: '-l', ...HERE }],
    ['-- unlock --help -k', { command: 'unlock', name: '--help', key: '-k', ...HERE }],
    ['unlock -- --', { command: 'unlock', name: '--', ...HERE }],
    ['unlock -', { command: 'unlock', name: '-', ...HERE }],
    ['kick s1', { command: 'kick', session: 's1', ...HERE }],
    ['list --address a:1', { ...LINES, ...remote() }],
    ['list -a a:1,b:2', { ...LINES, ...remote({ addresses: ['a:1', 'b:2'] }) }],
    ['list -a=a:1', { ...LINES, ...remote() }],
    ['list -a a:1 --password x', { ...LINES, ...remote({ password: 'x' }) }],
    ['list -a a:1 --password_file f', { ...LINES, ...remote({ passwordFile: 'f' }) }],
    ['list -a a:1 --use_tls', { ...LINES, ...remote({ useTls: true }) }],
    ['list -a a:1 --skip_verify', { ...LINES, ...remote({ skipVerify: true }) }],
    [
      'list -a a:1 --ca_file c --tls_cert d --tls_key e',
      { ...LINES, ...remote({ caFile: 'c', tlsCertFile: 'd', tlsKeyFile: 'e' }) },
    ],
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
    ['', `expected a command, ${EXPECTED}`],
    ['-s /a', `expected a command, ${EXPECTED}`],
    ['-l', `expected a command, ${EXPECTED}`],
    ['foo', `unknown command "foo": expected ${EXPECTED}`],
    ['sesions', 'unknown command "sesions"; did you mean sessions?'],
    ['toString', `unknown command "toString": expected ${EXPECTED}`],
    ['list x', 'unexpected argument "x": list takes none'],
    ['sessions x', 'unexpected argument "x": sessions takes none'],
    ['stats x', 'unexpected argument "x": stats takes none'],
    ['top x', 'unexpected argument "x": top takes none'],
    ['show', 'expected the name of a lock: ldlm-lock show NAME'],
    [
      'show a b',
      'unexpected argument "b": show takes a name; put a name that has spaces in quotes',
    ],
    ['kick', 'expected the id of a session: ldlm-lock kick SESSION'],
    ['kick a b', 'unexpected argument "b": kick takes one session'],
    ['unlock', 'expected the name of a lock: ldlm-lock unlock NAME [KEY]'],
    [
      'unlock a b c',
      'unexpected argument "c": unlock takes a name and a key; ' +
        'put a name that has spaces in quotes',
    ],
    ['unlock a k --all', '--all ends every lease of the lock: give it, or the key of one'],
    ['--nope list', 'unknown option "--nope"; put -- before a name that begins with a dash'],
    ['unlock -x', 'unknown option "-x"; put -- before a name that begins with a dash'],
    ['list -lx', 'unknown option "-x"; put -- before a name that begins with a dash'],
    ['list --no-json', 'unknown option "--no-json"; put -- before a name that begins with a dash'],
    ['list --adress a:1', 'unknown option "--adress"; did you mean --address?'],
    ['list --json=1', '--json takes no value'],
    ['list -s', '-s needs the path of a socket'],
    ['list --socket', '--socket needs the path of a socket'],
    ['list --socket=', '--socket needs the path of a socket'],
    ['list --address=', '--address needs the host:port of a server'],
    ['list -a a:1,b', '--address takes host:port, which "b" is not'],
    ['list -a :1', '--address takes host:port, which ":1" is not'],
    ['list --name', '--name needs a name, in which * stands for any text'],
    ['list --long --json', '--long and --json are two forms of one list: give one of them'],
    [
      'list --long --watch',
      '--watch prints changes, which have no table: give --json for all of each',
    ],
    ['unlock a --json', '--json does not belong to unlock'],
    ['show a --long', '--long does not belong to show'],
    ['stats --name a', '--name does not belong to stats'],
    ['top --interval 0', '--interval needs a number of seconds from 0.1 to 3600'],
    ['top --interval 3601', '--interval needs a number of seconds from 0.1 to 3600'],
    ['top --interval 1s', '--interval needs a number of seconds from 0.1 to 3600'],
    ['list --use_tls', '--use_tls is for a server that --address names: give that, too'],
    ['list --password x', '--password is for a server that --address names: give that, too'],
    ['list -a a:1 -s /a', '--socket and --address name two servers: give one of them'],
    [
      'list -a a:1 --password x --password_file f',
      '--password and --password_file are both given: give one of them',
    ],
  ];
  for (const [words, problem] of misused) {
    it(`says what is wrong with "${words}"`, () => {
      const argv = words === '' ? [] : words.split(' ');
      expect(parseCommandLine(argv)).to.deep.equal({ command: 'misused', problem });
    });
  }

  it('takes a pattern of 1024 characters, and none that is longer', () => {
    expect(parseCommandLine(['list', '--name', '*'.repeat(1_024)])).to.include({ command: 'list' });
    expect(parseCommandLine(['list', '--name', '*'.repeat(1_025)])).to.deep.equal({
      command: 'misused',
      problem: '--name takes a pattern of 1024 characters at most',
    });
  });

  it('repeats no more of a strange argument than makes it known', () => {
    const parsed = parseCommandLine(['x'.repeat(100_000)]);
    expect(parsed).to.have.property('problem').with.lengthOf.below(200);
  });

  it('has an answer to any arguments', () => {
    const anyArgument = fc.oneof(
      anyText,
      fc.constantFrom('list', 'unlock', 'show', 'kick', 'top', 'sessions', 'stats'),
      fc.constantFrom('-s', '-a', '--', '-', '-l', '-help'),
      fc.constantFrom(...Object.keys(COMMAND_OPTIONS)).map((name) => `--${name}`),
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
