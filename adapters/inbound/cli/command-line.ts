/** Why: what an operator typed becomes one command, or one sentence on what was not understood. */
import { parseArgs } from 'node:util';

export type ListForm = 'lines' | 'table' | 'json';

interface ToServer {
  /** undefined: where the environment or the platform says. */
  readonly socketPath: string | undefined;
}

export type CommandLine =
  | { readonly command: 'help' }
  | { readonly command: 'version' }
  | { readonly command: 'misused'; readonly problem: string }
  | ({ readonly command: 'list'; readonly form: ListForm } & ToServer)
  | ({ readonly command: 'unlock'; readonly name: string; readonly key?: string } & ToServer);

const OPTIONS = {
  socket: { type: 'string', short: 's' },
  long: { type: 'boolean', short: 'l' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

const DASHED_NAMES = 'put -- before a name that begins with a dash';

type OptionName = keyof typeof OPTIONS;

interface Words {
  readonly words: readonly string[];
  readonly switches: ReadonlySet<OptionName>;
  readonly socketPath: string | undefined;
}

/** Does not throw, whatever it is given. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const parsed = parseWords(argv);
  if ('command' in parsed) {
    return parsed;
  }
  const { words, switches, socketPath } = parsed;
  const [command, ...operands] = words;
  switch (command) {
    case 'list': {
      const [stray] = operands;
      if (stray !== undefined) {
        return misused(`unexpected argument ${quoted(stray)}: list takes none`);
      }
      if (switches.has('long') && switches.has('json')) {
        return misused('--long and --json are two forms of one list: give one of them');
      }
      const form = switches.has('long') ? 'table' : switches.has('json') ? 'json' : 'lines';
      return { command, form, socketPath };
    }
    case 'unlock': {
      const [name, key, stray] = operands;
      if (name === undefined) {
        return misused('expected the name of a lock: ldlm-lock unlock NAME [KEY]');
      }
      if (stray !== undefined) {
        return misused(
          `unexpected argument ${quoted(stray)}: unlock takes a name and a key; ` +
            'put a name that has spaces in quotes',
        );
      }
      if (switches.has('long') || switches.has('json')) {
        return misused('--long and --json belong to list');
      }
      return { command, name, ...(key !== undefined && { key }), socketPath };
    }
    case undefined:
      return misused('expected a command, list, unlock or run');
    default:
      return misused(`unknown command ${quoted(command)}: expected list, unlock or run`);
  }
}

function parseWords(argv: readonly string[]): Words | CommandLine {
  const words: string[] = [];
  const switches = new Set<OptionName>();
  let socketPath: string | undefined;
  let problem: string | undefined;
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
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
        problem ??= `unknown option ${quoted(rawName)}; ${DASHED_NAMES}`;
      } else if (name !== 'socket') {
        switches.add(name);
        problem ??= value === undefined ? undefined : `${rawName} takes no value`;
      } else {
        // -s=PATH as well as -sPATH.
        socketPath = rawName === '-s' ? value?.replace(/^=/, '') : value;
        problem ??= socketPath ? undefined : `${rawName} needs the path of a socket`;
      }
    }
  }
  if (switches.has('help')) {
    return { command: 'help' };
  }
  if (problem !== undefined) {
    return misused(problem);
  }
  return switches.has('version') ? { command: 'version' } : { words, switches, socketPath };
}

function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

function misused(problem: string): CommandLine {
  return { command: 'misused', problem };
}

/** The argument as a JSON string is written, or its beginning. */
function quoted(argument: string): string {
  return JSON.stringify(argument.length <= 64 ? argument : `${argument.slice(0, 64)}…`);
}
