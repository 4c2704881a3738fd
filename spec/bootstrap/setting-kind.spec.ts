import { expect } from 'chai';
import { SettingError } from '../../bootstrap/setting-error.js';
import {
  duration,
  endpoints,
  filePath,
  listenAddress,
  logLevel,
  oneOf,
  onOff,
  optional,
  password,
  type SettingKind,
  wholeNumber,
} from '../../bootstrap/setting-kind.js';

const timeout = duration({ min: 1, max: 3_600_000 });
const idle = duration({ min: 0, max: 3_600_000 });
const ttl = duration({ min: 2_000, max: 3_600_000, step: 1_000 });
const store = oneOf(['memory', 'etcd']);
const count = wholeNumber({ min: 1, max: 100 });

type Row = readonly [kindName: string, kind: SettingKind<unknown>, text: string, value: unknown];

describe('SettingKind', () => {
  const read: readonly Row[] = [
    ['duration', timeout, '1m30s', 90_000],
    ['duration', timeout, '1ms', 1],
    ['duration', timeout, '1h', 3_600_000],
    ['duration', timeout, '1.4ms', 1],
    ['duration', timeout, '0.00055h', 1_980],
    ['duration that may be zero', idle, '0', 0],
    ['duration that may be zero', idle, '0s', 0],
    ['duration in steps', ttl, '2s', 2_000],
    ['duration in steps', ttl, '1m30s', 90_000],
    ['word', store, 'etcd', 'etcd'],
    ['word', store, 'MEMORY', 'memory'],
    ['endpoints', endpoints, 'a:1', ['a:1']],
    [
      'endpoints',
      endpoints,
      'a:1, http://b-2.c:65535 ,[::1]:3',
      ['a:1', 'http://b-2.c:65535', '[::1]:3'],
    ],
    [
      'endpoints',
      endpoints,
      'https://a:1,https://[fe80::1]:2',
      ['https://a:1', 'https://[fe80::1]:2'],
    ],
    ['whole number', count, '1', 1],
    ['whole number', count, '100', 100],
    ['whole number', count, '007', 7],
    ['switch', onOff, 'true', true],
    ['switch', onOff, 'T', true],
    ['switch', onOff, '1', true],
    ['switch', onOff, 'FALSE', false],
    ['switch', onOff, 'f', false],
    ['switch', onOff, '0', false],
    ['log level', logLevel, 'debug', 'debug'],
    ['log level', logLevel, 'INFO', 'info'],
    ['log level', logLevel, 'Warn', 'warn'],
    ['log level', logLevel, 'error', 'error'],
    ['address', listenAddress, ':80', { host: undefined, port: 80 }],
    ['file', filePath, ' a b ', ' a b '],
    ['password', password, 'x'.repeat(4_096), 'x'.repeat(4_096)],
    ['optional file', optional(filePath), '', undefined],
    ['optional file', optional(filePath), 'x', 'x'],
    ['optional address', optional(listenAddress), '', undefined],
  ];
  for (const [kindName, kind, text, value] of read) {
    it(`${kindName}: reads ${JSON.stringify(text.slice(0, 20))}, and admits what it reads`, () => {
      expect(kind.read(text)).to.deep.equal(value);
      expect(kind.admits(value)).to.equal(true);
    });
  }

  const refused: readonly Row[] = [
    ['duration', timeout, '', 'such as 90s, 10m or 1h30m: "" is none'],
    ['duration', timeout, '10', '"10" has no unit'],
    ['duration', timeout, '1d', '"1d" is none'],
    ['duration', timeout, '1 m', '"1 m" is none'],
    ['duration', timeout, '0', 'must be a duration from 1ms to 1h, not "0"'],
    ['duration', timeout, '-5s', 'from 1ms to 1h, not "-5s"'],
    ['duration', timeout, '999us', 'from 1ms'],
    ['duration', timeout, '1h1ms', 'to 1h'],
    ['duration', timeout, `1${'0'.repeat(400)}s`, 'to 1h'],
    ['duration that may be zero', idle, '-1ns', 'from 0s to 1h, not "-1ns"'],
    [
      'duration in steps',
      ttl,
      '2.5s',
      'must be a duration from 2s to 1h in steps of 1s, not "2.5s"',
    ],
    ['duration in steps', ttl, '1s', 'from 2s to 1h'],
    ['word', store, 'disk', 'must be one of memory, etcd, not "disk"'],
    ['endpoints', endpoints, 'a', 'separated by commas, which "a" is not'],
    ['endpoints', endpoints, 'a:1,', 'which "" is not'],
    ['endpoints', endpoints, 'a:0', 'which "a:0" is not'],
    ['endpoints', endpoints, 'a:65536', 'is not'],
    ['endpoints', endpoints, 'ftp://a:1', 'is not'],
    ['endpoints', endpoints, 'http://a:1/', 'is not'],
    [
      'endpoints',
      endpoints,
      'https://a:1,b:2',
      'must be all https:// or all http://, not some of each',
    ],
    ['whole number', count, '0', 'must be a whole number from 1 to 100, not "0"'],
    ['whole number', count, '101', 'from 1 to 100'],
    ['whole number', count, '-1', 'from 1 to 100'],
    ['whole number', count, '1.5', 'from 1 to 100'],
    ['whole number', count, '1e1', 'from 1 to 100'],
    ['whole number', count, '0x10', 'from 1 to 100'],
    ['whole number', count, 'abc', 'from 1 to 100'],
    ['whole number', count, '', 'from 1 to 100'],
    ['whole number', count, '9'.repeat(400), 'from 1 to 100'],
    ['switch', onOff, 'maybe', 'must be true or false, not "maybe"'],
    ['switch', onOff, 'yes', 'must be true or false'],
    ['switch', onOff, '', 'must be true or false'],
    ['log level', logLevel, 'loud', 'must be one of debug, info, warn, error, not "loud"'],
    ['log level', logLevel, '', 'must be one of'],
    ['address', listenAddress, 'nonsense', 'has no port'],
    ['file', filePath, '', '1 to 4096 characters'],
    ['file', filePath, 'a\0b', 'zero byte'],
    ['password', password, 'x'.repeat(4_097), '1 to 4096 characters'],
    ['optional file', optional(filePath), 'a\0b', 'zero byte'],
  ];
  for (const [kindName, kind, text, reason] of refused) {
    it(`${kindName}: refuses ${JSON.stringify(text.slice(0, 20))}, and says why`, () => {
      expect(() => kind.read(text)).to.throw(SettingError, String(reason));
    });
  }

  const notAdmitted: readonly (readonly [string, SettingKind<unknown>, unknown])[] = [
    ['duration', timeout, 0],
    ['duration', timeout, Number.NaN],
    ['duration', timeout, Number.POSITIVE_INFINITY],
    ['whole number', count, 1.5],
    ['duration', timeout, 1.5],
    ['whole number', count, 101],
    ['switch', onOff, 'true'],
    ['log level', logLevel, 'INFO'],
    ['address', listenAddress, { host: 'localhost', port: 65_536 }],
    ['file', filePath, ''],
    ['optional file', optional(filePath), ''],
  ];
  for (const [kindName, kind, value] of notAdmitted) {
    it(`${kindName}: does not admit ${JSON.stringify(value)}`, () => {
      expect(kind.admits(value)).to.equal(false);
    });
  }
});
