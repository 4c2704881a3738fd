/** Why: what an operator typed becomes one command, or one sentence on what was not understood. */
import { parseArgs } from 'node:util';
import { type HolderFilter, NAME_PATTERN_LENGTH_MAX } from '../../../domain/holder-filter.js';
import {
  ACCESS_OPTIONS,
  belongsTo,
  COMMAND_NAMES,
  COMMAND_OPTIONS,
  type CommandName,
  isOptionName,
  type OptionName,
  type ValueOption,
  takenBy,
} from './command-options.js';
import { didYouMean } from './nearest-name.js';
import { problemOfAddresses } from './server-addresses.js';
import type { ServerPlace } from './server-place.js';

export type ListForm = 'lines' | 'table' | 'json';

interface ToServer {
  readonly place: ServerPlace;
}

/** A command that a server is asked to do. */
export type ServerCommand = ToServer &
  (
    | {
        readonly command: 'list';
        readonly form: ListForm;
        readonly filter: HolderFilter;
        readonly isWatching: boolean;
      }
    | { readonly command: 'show'; readonly name: string; readonly isJson: boolean }
    | { readonly command: 'sessions'; readonly isJson: boolean }
    | { readonly command: 'stats'; readonly isJson: boolean }
    | { readonly command: 'top'; readonly intervalMs: number }
    | { readonly command: 'unlock'; readonly name: string; readonly key?: string }
    | { readonly command: 'unlock-all'; readonly name: string }
    | { readonly command: 'kick'; readonly session: string }
  );

interface Misused {
  readonly command: 'misused';
  readonly problem: string;
}

export type CommandLine =
  | { readonly command: 'help' }
  | { readonly command: 'version' }
  | Misused
  | ServerCommand;

const DASHED_NAMES = 'put -- before a name that begins with a dash';
const COMMANDS: readonly string[] = [...COMMAND_NAMES, 'run', 'completion'];
const EXPECTED = `${COMMANDS.slice(0, -1).join(', ')} or ${COMMANDS.at(-1)}`;
const LONG_OPTIONS = Object.keys(COMMAND_OPTIONS).map((name) => `--${name}`);
const INTERVAL_MS = { default: 2_000, min: 100, max: 3_600_000 };

interface Words {
  readonly words: readonly string[];
  readonly switches: ReadonlySet<OptionName>;
  readonly values: ReadonlyMap<OptionName, string>;
}

/** Does not throw, whatever it is given. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const parsed = parseWords(argv);
  if ('command' in parsed) {
    return parsed;
  }
  const [command] = parsed.words;
  if (command === undefined) {
    return misused(`expected a command, ${EXPECTED}`);
  }
  const parse = Object.hasOwn(PARSERS, command) ? PARSERS[command as CommandName] : undefined;
  if (parse === undefined) {
    return misused(
      `unknown command ${quoted(command)}${didYouMean(command, COMMANDS) || `: expected ${EXPECTED}`}`,
    );
  }
  for (const option of [...parsed.switches, ...parsed.values.keys()]) {
    if (!belongsTo(option, command as CommandName)) {
      return misused(`--${option} does not belong to ${command}`);
    }
  }
  const place = placeIn(parsed);
  return 'problem' in place ? misused(place.problem) : parse(parsed, { place });
}

type Parser = (words: Words, to: ToServer) => ServerCommand | Misused;

const PARSERS: Readonly<Record<CommandName, Parser>> = {
  list: parseList,
  show: ({ words: [, name, stray], switches }, to) => {
    if (name === undefined) {
      return misused('expected the name of a lock: ldlm-lock show NAME');
    }
    return stray === undefined
      ? { command: 'show', name, isJson: switches.has('json'), ...to }
      : misused(`unexpected argument ${quoted(stray)}: show takes a name; ${SPACES}`);
  },
  sessions: ({ words: [, stray], switches }, to) =>
    stray === undefined
      ? { command: 'sessions', isJson: switches.has('json'), ...to }
      : misused(`unexpected argument ${quoted(stray)}: sessions takes none`),
  stats: ({ words: [, stray], switches }, to) =>
    stray === undefined
      ? { command: 'stats', isJson: switches.has('json'), ...to }
      : misused(`unexpected argument ${quoted(stray)}: stats takes none`),
  top: ({ words: [, stray], values }, to) => {
    const intervalMs = intervalIn(values.get('interval'));
    if (stray !== undefined) {
      return misused(`unexpected argument ${quoted(stray)}: top takes none`);
    }
    return intervalMs === undefined
      ? misused(`--interval needs ${takenBy('interval')}`)
      : { command: 'top', intervalMs, ...to };
  },
  unlock: parseUnlock,
  kick: ({ words: [, session, stray] }, to) => {
    if (session === undefined) {
      return misused('expected the id of a session: ldlm-lock kick SESSION');
    }
    return stray === undefined
      ? { command: 'kick', session, ...to }
      : misused(`unexpected argument ${quoted(stray)}: kick takes one session`);
  },
};

const SPACES = 'put a name that has spaces in quotes';

function parseList(parsed: Words, to: ToServer): ServerCommand | Misused {
  const { words, switches } = parsed;
  const [, stray] = words;
  if (stray !== undefined) {
    return misused(`unexpected argument ${quoted(stray)}: list takes none`);
  }
  if (switches.has('long') && switches.has('json')) {
    return misused('--long and --json are two forms of one list: give one of them');
  }
  const isWatching = switches.has('watch');
  if (switches.has('long') && isWatching) {
    return misused('--watch prints changes, which have no table: give --json for all of each');
  }
  const filter = filterIn(parsed.values);
  if ('problem' in filter) {
    return misused(filter.problem);
  }
  const form = switches.has('long') ? 'table' : switches.has('json') ? 'json' : 'lines';
  return { command: 'list', form, filter, isWatching, ...to };
}

function parseUnlock({ words, switches }: Words, to: ToServer): ServerCommand | Misused {
  const [, name, key, stray] = words;
  if (name === undefined) {
    return misused('expected the name of a lock: ldlm-lock unlock NAME [KEY]');
  }
  if (stray !== undefined) {
    return misused(
      `unexpected argument ${quoted(stray)}: unlock takes a name and a key; ${SPACES}`,
    );
  }
  if (!switches.has('all')) {
    return { command: 'unlock', name, ...(key !== undefined && { key }), ...to };
  }
  return key === undefined
    ? { command: 'unlock-all', name, ...to }
    : misused('--all ends every lease of the lock: give it, or the key of one');
}

function filterIn(values: Words['values']): HolderFilter | { readonly problem: string } {
  const [name, namePrefix, session, owner] = (['name', 'prefix', 'session', 'owner'] as const).map(
    (option) => values.get(option),
  );
  if ((name?.length ?? 0) > NAME_PATTERN_LENGTH_MAX && name?.includes('*')) {
    return { problem: `--name takes a pattern of ${NAME_PATTERN_LENGTH_MAX} characters at most` };
  }
  const [, word, value] = /^([^=]+)=(.*)$/s.exec(owner ?? '') ?? [];
  return {
    ...(name !== undefined && (name.includes('*') ? { namePattern: name } : { name })),
    ...(namePrefix !== undefined && { namePrefix }),
    ...(session !== undefined && { session }),
    ...(owner !== undefined && {
      owner: word === undefined ? { value: owner } : { word, value: value ?? '' },
    }),
  };
}

function intervalIn(text: string | undefined): number | undefined {
  if (text === undefined) {
    return INTERVAL_MS.default;
  }
  const ms = /^\d{1,5}(?:\.\d{1,3})?$/.test(text) ? Number(text) * 1_000 : Number.NaN;
  return ms >= INTERVAL_MS.min && ms <= INTERVAL_MS.max ? ms : undefined;
}

function placeIn({ values, switches }: Words): ServerPlace | { readonly problem: string } {
  const address = values.get('address');
  const path = values.get('socket');
  if (address === undefined) {
    const stray = ACCESS_OPTIONS.find((option) => values.has(option) || switches.has(option));
    return stray === undefined
      ? { at: 'socket', path }
      : { problem: `--${stray} is for a server that --address names: give that, too` };
  }
  if (path !== undefined) {
    return { problem: '--socket and --address name two servers: give one of them' };
  }
  if (values.has('password') && values.has('password_file')) {
    return { problem: '--password and --password_file are both given: give one of them' };
  }
  const problem = problemOfAddresses(address);
  if (problem !== undefined) {
    return { problem };
  }
  return {
    at: 'address',
    access: {
      addresses: address.split(','),
      password: values.get('password'),
      passwordFile: values.get('password_file'),
      useTls: switches.has('use_tls'),
      skipVerify: switches.has('skip_verify'),
      caFile: values.get('ca_file'),
      tlsCertFile: values.get('tls_cert'),
      tlsKeyFile: values.get('tls_key'),
    },
  };
}

function parseWords(argv: readonly string[]): Words | CommandLine {
  const words: string[] = [];
  const switches = new Set<OptionName>();
  const values = new Map<OptionName, string>();
  let problem: string | undefined;
  const { tokens } = parseArgs({
    args: [...argv],
    options: COMMAND_OPTIONS,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') {
      words.push(token.value);
    } else if (token.kind === 'option') {
      const { name, rawName, value, index } = token;
      if (argv[index] === '-help') {
        return { command: 'help' };
      }
      if (!isOptionName(name)) {
        problem ??= `unknown option ${quoted(rawName)}${didYouMean(rawName, LONG_OPTIONS) || `; ${DASHED_NAMES}`}`;
      } else if (!isValueOption(name)) {
        switches.add(name);
        problem ??= value === undefined ? undefined : `${rawName} takes no value`;
      } else {
        // -s=PATH as well as -sPATH.
        const text = rawName.startsWith('--') ? value : value?.replace(/^=/, '');
        values.set(name, text ?? '');
        problem ??= text ? undefined : `${rawName} needs ${takenBy(name)}`;
      }
    }
  }
  if (switches.has('help')) {
    return { command: 'help' };
  }
  if (problem !== undefined) {
    return misused(problem);
  }
  return switches.has('version') ? { command: 'version' } : { words, switches, values };
}

function isValueOption(name: OptionName): name is ValueOption {
  return COMMAND_OPTIONS[name].type === 'string';
}

function misused(problem: string): Misused {
  return { command: 'misused', problem };
}

/** The argument as a JSON string is written, or its beginning. */
function quoted(argument: string): string {
  return JSON.stringify(argument.length <= 64 ? argument : `${argument.slice(0, 64)}…`);
}
