/** Why: settings from a YAML or JSON file; what is no setting is refused rather than overlooked. */
import { extname } from 'node:path';
import { Lexer, parseDocument } from 'yaml';
import { didYouMean } from '../adapters/inbound/cli/nearest-name.js';
import { plainOrQuoted, quoted, SettingError } from './setting-error.js';
import { configFileSetting, fileSettings, helpSetting, versionSetting } from './settings-table.js';

/** @returns the text of a file. @throws what the machine says if it cannot be read. */
export type ReadFile = (path: string) => string;

const byName = new Map(fileSettings.map((setting) => [setting.name, setting]));
const names = [...byName.keys()];
const flagsOnly = [configFileSetting, helpSetting, versionSetting].map(({ name }) => name);

/** By suffix: what a file says as plain values. */
const parsers: ReadonlyMap<string, (text: string) => unknown> = new Map([
  ['.yaml', parseYaml],
  ['.yml', parseYaml],
  ['.json', parseJson],
]);

const reasonsByCode: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this user may not read it'],
]);

/** @returns the text given to each setting, by name. @throws SettingError, which names the file. */
export function readConfigFile(path: string, readFile: ReadFile): ReadonlyMap<string, string> {
  const file = `config file ${plainOrQuoted(path)}`;
  const parse = parsers.get(extname(path).toLowerCase());
  if (parse === undefined) {
    throw new SettingError(`${file} must end in .yaml, .yml or .json`);
  }
  const texts = new Map<string, string>();
  try {
    const text = contentOf(path, readFile);
    collect(parse(text.replace(/^\uFEFF/, '')), '', texts);
  } catch (error) {
    const reason = error instanceof SettingError ? error.message : 'it cannot be understood';
    throw new SettingError(`${file}: ${reason}`, { cause: error });
  }
  return texts;
}

function contentOf(path: string, readFile: ReadFile): string {
  try {
    return readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const reason = reasonsByCode.get(code) ?? `it cannot be read (${String(code)})`;
    throw new SettingError(reason, { cause });
  }
}

/** Several times what all settings need. The parser would not survive nesting without end. */
const YAML_ENTRIES_MAX = 200;
const yamlEntryMarks: ReadonlySet<string> = new Set(['-', '?', ':', '[', '{']);

function parseYaml(text: string): unknown {
  let entryCount = 0;
  for (const mark of new Lexer().lex(text)) {
    entryCount += yamlEntryMarks.has(mark) ? 1 : 0;
    if (entryCount > YAML_ENTRIES_MAX) {
      throw new SettingError(`it has more than ${YAML_ENTRIES_MAX} entries`);
    }
  }
  const document = parseDocument(text, { logLevel: 'error', prettyErrors: true });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    // Not the message: it may show the file, and a password in it.
    const reason = problem.code.toLowerCase().replaceAll('_', ' ');
    throw new SettingError(`it is not valid YAML at line ${problem.linePos?.[0].line}: ${reason}`);
  }
  return document.toJS({ maxAliasCount: 100 }) ?? {};
}

function parseJson(text: string): unknown {
  if (text.trim() === '') {
    throw new SettingError('it is empty; write {} for no settings');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Node's own message may show the file, and a password in it, so only the position is told.
    const position = /at position (\d+)/.exec(String(cause))?.[1];
    const line = position === undefined ? 0 : text.slice(0, Number(position)).split('\n').length;
    const place = line === 0 ? '' : ` at line ${line}`;
    throw new SettingError(`it is not valid JSON${place}`, { cause });
  }
}

/** `lock: {gc_interval: 5m}` is `lock_gc_interval: 5m`. */
function collect(mapping: unknown, prefix: string, texts: Map<string, string>): void {
  if (!isMapping(mapping)) {
    throw new SettingError('it must hold settings, each as `name: value`, and nothing else');
  }
  for (const [key, value] of Object.entries(mapping)) {
    const name = prefix + key;
    if (isMapping(value) && names.some((each) => each.startsWith(`${name}_`))) {
      collect(value, `${name}_`, texts);
    } else if (texts.has(name)) {
      throw new SettingError(`${name} is given twice`);
    } else {
      texts.set(name, textOf(name, value));
    }
  }
}

function textOf(name: string, value: unknown): string {
  const setting = byName.get(name);
  if (setting === undefined) {
    throw new SettingError(
      flagsOnly.includes(name)
        ? `${name} cannot be set in a file, only by the flag --${name}`
        : `unknown setting ${quoted(name)}${didYouMean(name, names)}`,
    );
  }
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    const what = value === null ? 'has no value' : 'has more than one value';
    throw new SettingError(`${name} ${what}; give it one, or leave it out`);
  }
  if (setting.kind.isText) {
    throw new SettingError(`${name} must be in quotes, or else its value may be changed`);
  }
  return String(value);
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
