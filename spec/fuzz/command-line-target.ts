/** Command lines: settings, or one sentence that says what is wrong with them. */
import { parseCommandLine } from '../../bootstrap/command-line.js';
import { SettingError } from '../../bootstrap/setting-error.js';
import { readSettings } from '../../bootstrap/settings.js';
import { flagSettings } from '../../bootstrap/settings-table.js';
import { Mutator } from './mutator.js';
import { faulty, pure, REFUSED, TAKEN, type Target, type Tried } from './target.js';

/** The words of a line stand between these, as nobody can type them. */
const BETWEEN = '\0';

const LINES: readonly (readonly string[])[] = [
  ['-l', 'localhost:3144', '-nv=debug', '--shards=4'],
  ['--state_file', './ldlm.state', '-d10m', '--keepalive_interval=1m30s'],
  ['--tls_cert=a', '--tls_key', 'b', '--client_cert_verify', '--client_ca=c'],
  ['-help'],
  ['--password', 'secret word', '--version=false'],
];

const NAMES: ReadonlySet<string> = new Set(flagSettings.map(({ name }) => name));

/** Reading all of the settings costs a hundred times as much as reading the words. */
const WHOLE_SHARE = 10;

export type ParseCommandLine = typeof parseCommandLine;

export function commandLineTarget(parse: ParseCommandLine = parseCommandLine): Target {
  const mutator = new Mutator({
    seeds: LINES.map((words) => words.join(BETWEEN)),
    tokens: [BETWEEN, '-', '--', '=', ...flagSettings.map(({ name }) => `--${name}`), '-c', 'ü'],
  });
  return {
    what: 'command lines',
    share: 80_000,
    open: pure((random) => {
      const line = mutator.make(random).toString();
      const argv = line.split(BETWEEN);
      const isWhole = random.isOneIn(WHOLE_SHARE);
      return judgeWords(parse, argv, line) ?? (isWhole ? judgeSettings(argv, line) : TAKEN);
    }),
  };
}

/** @returns undefined when the words are taken. */
function judgeWords(
  parse: ParseCommandLine,
  argv: readonly string[],
  line: string,
): Tried | undefined {
  try {
    const unknown = [...parse(argv).keys()].find((name) => !NAMES.has(name));
    return unknown === undefined ? undefined : faulty(`it knows the setting ${unknown}`, line);
  } catch (error) {
    return error instanceof SettingError && isOneLine(error.message)
      ? REFUSED
      : faulty(`the command line: ${String(error)}`, line);
  }
}

function judgeSettings(argv: readonly string[], line: string): Tried {
  const reading = readSettings({ argv, environment: {}, readFile: () => '' });
  if (reading.kind !== 'invalid') {
    return TAKEN;
  }
  return isOneLine(reading.message) ? REFUSED : faulty(`refused in ${reading.message}`, line);
}

export function isOneLine(message: string): boolean {
  return message !== '' && !message.includes('\n');
}
