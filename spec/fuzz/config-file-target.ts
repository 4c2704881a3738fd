/** Files of settings, in YAML and JSON: settings, or a SettingError of one line. */
import { readConfigFile } from '../../bootstrap/config-file.js';
import { SettingError } from '../../bootstrap/setting-error.js';
import { readSettings } from '../../bootstrap/settings.js';
import { isOneLine } from './command-line-target.js';
import { Mutator } from './mutator.js';
import { faulty, pure, REFUSED, TAKEN, type Target, type Tried } from './target.js';

const YAML: readonly string[] = [
  'listen_address: "localhost:3144"\nlock:\n  gc_interval: 5m\n  gc_min_idle: 1m\n# said\nshards: 4\n',
  'rest: &r {listen_address: ":8080", session_timeout: 10m}\nno_clear_on_disconnect: true\n',
  'password: !!str "x y"\nlog_level: |\n  info\nname_bytes_max: 0x10\n',
  '---\n? state_file\n: >-\n  a\n  b\n...\n',
];

const JSONS: readonly string[] = [
  '{"listen_address": "localhost:3144", "lock": {"gc_interval": "5m"}, "shards": 4}',
  '{"no_clear_on_disconnect": true, "password": "x\\u0041", "waiters_max": 1e6}',
];

const TOKENS: readonly string[] = [
  ...[
    '&a ',
    '*a',
    '<<: ',
    '!!',
    '!<',
    '- ',
    '? ',
    ': ',
    '|\n',
    '>+2\n',
    '\t',
    '%YAML 1.2\n',
    '---\n',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '\n',
    '\r',
    '\ufeff',
    '#',
    'shards: 4\n',
    '__proto__: {',
    'null',
  ],
];

export type ReadConfigFile = typeof readConfigFile;

export function configFileTarget(read: ReadConfigFile = readConfigFile): Target {
  const forms = [
    { file: '/etc/ldlm.yaml', mutator: new Mutator({ seeds: YAML, tokens: TOKENS }) },
    { file: '/etc/ldlm.json', mutator: new Mutator({ seeds: JSONS, tokens: TOKENS }) },
  ];
  return {
    what: 'config files',
    share: 30_000,
    open: pure((random) => {
      const { file, mutator } = random.pick(forms);
      const text = mutator.make(random).toString();
      return judgeFile(read, file, text) ?? judgeSettings(file, text);
    }),
  };
}

/** @returns undefined when the file is taken. */
function judgeFile(read: ReadConfigFile, file: string, text: string): Tried | undefined {
  try {
    read(file, () => text);
    return undefined;
  } catch (error) {
    return error instanceof SettingError && isOneLine(error.message)
      ? REFUSED
      : faulty(`${file}: ${String(error)}`, text);
  }
}

function judgeSettings(file: string, text: string): Tried {
  const argv = ['-c', file];
  const reading = readSettings({ argv, environment: {}, readFile: () => text });
  if (reading.kind === 'settings') {
    return TAKEN;
  }
  return reading.kind === 'invalid' && isOneLine(reading.message)
    ? REFUSED
    : faulty(`the settings of ${file} came to ${reading.kind}`, text);
}
