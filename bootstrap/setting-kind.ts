/** Why: what a setting may hold is said once, for every source and for the help. */
import type { LogLevel } from '../ports/outbound/logger.js';
import { formatDuration, parseDuration } from './duration.js';
import { type ListenAddress, parseListenAddress } from './listen-address.js';
import { quoted, SettingError } from './setting-error.js';

export interface SettingKind<Value> {
  /** What stands for a value in the help; empty for a switch, whose flag may stand alone. */
  readonly placeholder: string;
  /** All that is taken, where that is a few words. */
  readonly words?: readonly string[];
  /** What is taken, for the documents and for messages: "must be …". */
  readonly accepts: string;
  /** Whether a file must write it as a string: YAML and JSON change what looks like a number. */
  readonly isText: boolean;
  /** @throws SettingError, whose message is to follow the name of the setting. */
  read(text: string): Value;
  /** Whether a value is within the bounds that `read` keeps. */
  admits(value: Value): boolean;
}

/** Bounds of a number; both are taken. */
export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Milliseconds, rounded to whole ones. @param step what they must be a multiple of. */
export function duration({
  min,
  max,
  step = 0,
}: Bounds & { readonly step?: number }): SettingKind<number> {
  const multiple = step === 0 ? '' : ` in steps of ${formatDuration(step)}`;
  const accepts = `${formatDuration(min)} to ${formatDuration(max)}${multiple}`;
  const isWithin = (ms: number) => ms >= min && ms <= max && (step === 0 || ms % step === 0);
  return {
    placeholder: 'duration',
    accepts,
    isText: false,
    admits: (ms) => Number.isInteger(ms) && isWithin(ms),
    read(text) {
      const ms = parseDuration(text);
      if (ms === undefined) {
        const reason = /^\d+$/.test(text) ? 'has no unit' : 'is none';
        throw new SettingError(
          `must be a duration, such as 90s, 10m or 1h30m: ${quoted(text)} ${reason}`,
        );
      }
      if (!isWithin(ms)) {
        throw new SettingError(`must be a duration from ${accepts}, not ${quoted(text)}`);
      }
      return Math.round(ms);
    },
  };
}

export function wholeNumber({ min, max }: Bounds): SettingKind<number> {
  const accepts = `${min} to ${max}`;
  const admits = (value: number) => Number.isInteger(value) && value >= min && value <= max;
  return {
    placeholder: 'number',
    accepts,
    isText: false,
    admits,
    read(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!admits(value)) {
        throw new SettingError(`must be a whole number from ${accepts}, not ${quoted(text)}`);
      }
      return value;
    },
  };
}

/** The words for on and off that Go takes, in any letter case. */
const switchWords: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['0', false],
]);

export const onOff: SettingKind<boolean> = {
  placeholder: '',
  accepts: 'true or false',
  isText: false,
  admits: (value) => typeof value === 'boolean',
  read(text) {
    const value = switchWords.get(text.toLowerCase());
    if (value === undefined) {
      throw new SettingError(`must be true or false, not ${quoted(text)}`);
    }
    return value;
  },
};

export const listenAddress: SettingKind<ListenAddress> = {
  placeholder: 'host:port',
  accepts: 'host:port, :port or [ipv6]:port',
  isText: true,
  admits: ({ port }) => Number.isInteger(port) && port >= 0 && port <= 65_535,
  read: parseListenAddress,
};

const TEXT_LENGTH_MAX = 4_096;

/** A text of 1 to 4096 characters. Messages never show it: it may be a password. */
function text(placeholder: string): SettingKind<string> {
  const accepts = `1 to ${TEXT_LENGTH_MAX} characters`;
  const admits = (value: string) =>
    value !== '' && value.length <= TEXT_LENGTH_MAX && !value.includes('\0');
  return {
    placeholder,
    accepts,
    isText: true,
    admits,
    read(value) {
      if (!admits(value)) {
        throw new SettingError(`must be ${accepts}, none of them a zero byte`);
      }
      return value;
    },
  };
}

/** One of the words, in any letter case. */
export function oneOf<Word extends string>(words: readonly Word[]): SettingKind<Word> {
  const accepts = words.join(', ');
  return {
    placeholder: 'word',
    words,
    accepts,
    isText: false,
    admits: (value) => words.includes(value),
    read(text) {
      const word = words.find((each) => each === text.toLowerCase());
      if (word === undefined) {
        throw new SettingError(`must be one of ${accepts}, not ${quoted(text)}`);
      }
      return word;
    },
  };
}

export const logLevel: SettingKind<LogLevel> = {
  ...oneOf<LogLevel>(['debug', 'info', 'warn', 'error']),
  placeholder: 'level',
};

const ENDPOINT = /^(?:(https?):\/\/)?(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/;

/** Members of one etcd, separated by commas: all in plain text, or all by TLS. */
export const endpoints: SettingKind<readonly string[]> = {
  placeholder: 'host:port,…',
  accepts: 'host:port, http://host:port or https://host:port each, separated by commas',
  isText: true,
  admits: (value) =>
    value.length > 0 && value.every(isEndpoint) && new Set(value.map(isByTls)).size === 1,
  read(text) {
    const value = text.split(',').map((each) => each.trim());
    const wrong = value.find((each) => !isEndpoint(each));
    if (wrong !== undefined) {
      throw new SettingError(`must be ${endpoints.accepts}, which ${quoted(wrong)} is not`);
    }
    if (!endpoints.admits(value)) {
      throw new SettingError('must be all https:// or all http://, not some of each');
    }
    return value;
  },
};

function isEndpoint(text: string): boolean {
  const port = Number(ENDPOINT.exec(text)?.[2]);
  return port >= 1 && port <= 65_535;
}

export function isByTls(endpoint: string): boolean {
  return endpoint.startsWith('https://');
}

export const filePath = text('file');
export const keyPrefix = text('key');
export const user = text('name');
export const password = text('text');

/** An empty text, which is the default, is none. */
export function optional<Value>(kind: SettingKind<Value>): SettingKind<Value | undefined> {
  return {
    ...kind,
    accepts: `${kind.accepts}, or none`,
    read: (value) => (value === '' ? undefined : kind.read(value)),
    admits: (value) => value === undefined || kind.admits(value),
  };
}
