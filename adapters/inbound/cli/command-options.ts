/** Why: which words of a command line are options, whose they are, and what they are for, in one table. */

/** Those that ask a server. */
export const COMMAND_NAMES = [
  'list',
  'show',
  'sessions',
  'stats',
  'top',
  'unlock',
  'kick',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** Which commands it belongs to; all of them unless given. */
  readonly of?: readonly CommandName[];
  /** What a value is, in words. */
  readonly value?: string;
}

export const COMMAND_OPTIONS = {
  socket: { type: 'string', short: 's', value: 'the path of a socket' },
  address: { type: 'string', short: 'a', value: 'the host:port of a server' },
  password: { type: 'string', value: 'a password' },
  password_file: { type: 'string', value: 'the path of a file' },
  use_tls: { type: 'boolean' },
  skip_verify: { type: 'boolean' },
  ca_file: { type: 'string', value: 'the path of a file' },
  tls_cert: { type: 'string', value: 'the path of a file' },
  tls_key: { type: 'string', value: 'the path of a file' },
  long: { type: 'boolean', short: 'l', of: ['list'] },
  json: { type: 'boolean', of: ['list', 'show', 'sessions', 'stats'] },
  name: { type: 'string', of: ['list'], value: 'a name, in which * stands for any text' },
  prefix: { type: 'string', of: ['list'], value: 'the beginning of names' },
  session: { type: 'string', of: ['list'], value: 'the id of a session, or its address:port' },
  owner: { type: 'string', of: ['list'], value: 'a value, or a word and its value: WORD=VALUE' },
  watch: { type: 'boolean', of: ['list'] },
  all: { type: 'boolean', of: ['unlock'] },
  interval: { type: 'string', of: ['top'], value: 'a number of seconds from 0.1 to 3600' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies Readonly<Record<string, CommandOption>>;

export type OptionName = keyof typeof COMMAND_OPTIONS;

export type ValueOption = {
  [Name in OptionName]: (typeof COMMAND_OPTIONS)[Name]['type'] extends 'string' ? Name : never;
}[OptionName];

/** What says how a server is reached over the network, and what it wants to see. */
export const ACCESS_OPTIONS: readonly OptionName[] = [
  'password',
  'password_file',
  'use_tls',
  'skip_verify',
  'ca_file',
  'tls_cert',
  'tls_key',
];

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(COMMAND_OPTIONS, name);
}

/** What its value is, in words; undefined for one that has none. */
export function takenBy(name: OptionName): string | undefined {
  const option: CommandOption = COMMAND_OPTIONS[name];
  return option.value;
}

export function belongsTo(name: OptionName, command: CommandName): boolean {
  const option: CommandOption = COMMAND_OPTIONS[name];
  return option.of?.includes(command) ?? true;
}
