/** Why: flags, environment and file become one checked, typed value before anything starts. */
import convict from 'convict';
import { parseCommandLine } from './command-line.js';
import { type ReadFile, readConfigFile } from './config-file.js';
import { helpText } from './help-text.js';
import { didYouMean } from '../adapters/inbound/cli/nearest-name.js';
import { PROGRAM_VERSION } from './program-version.js';
import { plainOrQuoted, SettingError } from './setting-error.js';
import { disagreementIn } from './settings-agreement.js';
import {
  type AnySetting,
  configFileSetting,
  environmentSettings,
  flagSettings,
  helpSetting,
  type Setting,
  type Settings,
  settingsTable,
  versionSetting,
} from './settings-table.js';

export type { Settings } from './settings-table.js';

export interface SettingsSources {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called for the config file, if one is named, and for nothing else. */
  readonly readFile: ReadFile;
}

/** What the sources come to. Texts end with a line end; messages and warnings are one line. */
export type SettingsReading =
  | { readonly kind: 'settings'; readonly settings: Settings; readonly warnings: readonly string[] }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'version'; readonly text: string }
  | { readonly kind: 'invalid'; readonly message: string };

/** One place that settings are given in. */
interface Source {
  readonly texts: ReadonlyMap<string, string>;
  /** How a setting is called there, for messages. */
  calls(name: string): string;
}

/** The text that each setting ends up with, by name. */
type Texts = Readonly<Record<string, string>>;

/** Throws nothing, whatever the sources hold. */
export function readSettings({ argv, environment, readFile }: SettingsSources): SettingsReading {
  try {
    const flags: Source = { texts: parseCommandLine(argv), calls: (name) => `--${name}` };
    const asked = layer([flags]);
    if (valueIn(asked, helpSetting)) {
      return { kind: 'help', text: helpText() };
    }
    if (valueIn(asked, versionSetting)) {
      return { kind: 'version', text: `Version: ${PROGRAM_VERSION}\n` };
    }
    const variables: Source = { texts: textsIn(environment), calls: variableOf };
    const path = valueIn(layer([variables, flags]), configFileSetting);
    const file = path === undefined ? [] : [fileSource(path, readFile)];
    const settings = settingsFrom(layer([...file, variables, flags]));
    const disagreement = disagreementIn(settings);
    if (disagreement !== undefined) {
      return { kind: 'invalid', message: disagreement };
    }
    return { kind: 'settings', settings, warnings: warningsAbout(environment) };
  } catch (error) {
    if (error instanceof SettingError) {
      return { kind: 'invalid', message: error.message };
    }
    throw error;
  }
}

/**
 * The defaults, or what a program gives in their place when it starts a server itself.
 * @throws RangeError for what the server would refuse from its operator, too.
 */
export function defaultSettings(overrides: Partial<Settings> = {}): Settings {
  const settings = { ...settingsFrom({}), ...overrides };
  for (const [property, setting] of Object.entries<AnySetting>(settingsTable)) {
    const value = settings[property as keyof Settings];
    if (!setting.kind.admits(value)) {
      throw new RangeError(`the setting ${property} must be ${setting.kind.accepts}`);
    }
  }
  const disagreement = disagreementIn(settings);
  if (disagreement !== undefined) {
    throw new RangeError(disagreement);
  }
  return Object.freeze(settings);
}

/**
 * For convict every setting is a text: it would turn others into something at any price. All
 * count as sensitive, since it would show values whole; the kinds show theirs, where they may.
 */
const schema: convict.Schema<Record<string, string>> = Object.fromEntries(
  flagSettings.map((setting) => [
    setting.name,
    {
      default: setting.default,
      sensitive: true,
      format: (text: string) => setting.kind.read(text),
    },
  ]),
);

/** Lays each source over those before it. A text is checked even if a later one hides it. */
function layer(sources: readonly Source[]): Texts {
  const config = convict(schema, { env: {}, args: [] });
  for (const source of sources) {
    config.load(Object.fromEntries(source.texts));
    try {
      config.validate({ allowed: 'strict' });
    } catch (error) {
      throw new SettingError(inWordsOf(source, error), { cause: error });
    }
  }
  return config.getProperties();
}

/** Convict writes a line for each fault, `name: what about it`; the first one will do. */
function inWordsOf(source: Source, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/\n.*/s, '').replace(/^(\w+): /, (_, name) => `${source.calls(name)} `);
}

function valueIn<Value>(texts: Texts, { name, kind, default: text }: Setting<Value>): Value {
  return kind.read(texts[name] ?? text);
}

/** The type of the table sees to it that each property gets a value of its type. */
function settingsFrom(texts: Texts): Settings {
  const values = Object.entries<AnySetting>(settingsTable).map(([property, setting]) => [
    property,
    valueIn(texts, setting),
  ]);
  return Object.freeze(Object.fromEntries(values) as Settings);
}

function fileSource(path: string, readFile: ReadFile): Source {
  return {
    texts: readConfigFile(path, readFile),
    calls: (name) => `config file ${plainOrQuoted(path)}: ${name}`,
  };
}

function variableOf(name: string): string {
  return `LDLM_${name.toUpperCase()}`;
}

function textsIn(environment: SettingsSources['environment']): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, isSetByEmptyEnvironment = false } of environmentSettings) {
    const text = environment[variableOf(name)];
    if (text !== undefined && (text !== '' || isSetByEmptyEnvironment)) {
      texts.set(name, text);
    }
  }
  return texts;
}

/** No more than warnings: others may have reasons of their own for such a variable. */
function warningsAbout(environment: SettingsSources['environment']): readonly string[] {
  const known = environmentSettings.map(({ name }) => variableOf(name));
  return Object.keys(environment)
    .filter((variable) => variable.startsWith('LDLM_') && !known.includes(variable))
    .map(
      (name) => `${name} in the environment is no setting, and ignored${didYouMean(name, known)}`,
    );
}
