/** Why: flags in the forms that programs on Go's pflag take, with an answer to every slip. */
import { didYouMean } from '../adapters/inbound/cli/nearest-name.js';
import { plainOrQuoted, quoted, SettingError } from './setting-error.js';
import { type AnySetting, flagSettings, helpSetting, isSwitch } from './settings-table.js';

/** A flag as it was given. */
interface Flag {
  readonly setting: AnySetting;
  /** `-l` or `--listen_address`. */
  readonly spelling: string;
  /** What stood in the same word; undefined if the value is the next word, or none is needed. */
  readonly text: string | undefined;
}

const byName = new Map(flagSettings.map((setting) => [setting.name, setting]));
const byLetter = new Map(
  flagSettings.flatMap((setting) =>
    setting.letter === undefined ? [] : [[setting.letter, setting]],
  ),
);
const longSpellings = [...byName.keys()].map((name) => `--${name}`);
const letterSpellings = [...byLetter.keys()].map((letter) => `-${letter}`);

/**
 * Reads `-l X`, `-l=X`, `-lX`, `-nl X`, `--name X`, `--name=X`, `--switch`, and `-help`.
 * @param argv without the program.
 * @returns the text given to each setting, by name; the last of two counts. @throws SettingError
 */
export function parseCommandLine(argv: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const words = argv.values();
  let before: Flag | undefined;
  for (const word of words) {
    for (const flag of flagsIn(word, before)) {
      const text = flag.text ?? (isSwitch(flag.setting) ? 'true' : valueFrom(words, flag));
      texts.set(flag.setting.name, text);
      before = flag;
    }
  }
  return texts;
}

function flagsIn(word: string, before: Flag | undefined): readonly Flag[] {
  if (word === '-help') {
    return [{ setting: helpSetting, spelling: word, text: undefined }];
  }
  if (word === '-' || word === '--' || !word.startsWith('-')) {
    throw new SettingError(aboutStrayWord(word, before));
  }
  return word.startsWith('--') ? [longFlag(word)] : letterFlags(word);
}

function longFlag(word: string): Flag {
  const [spelling, text] = atEqualsSign(word);
  const setting = byName.get(spelling.slice(2));
  if (setting === undefined) {
    throw unknownFlag(spelling, spelling);
  }
  return { setting, spelling, text };
}

/** Switches may be joined; what follows the letter of a flag with a value is that value. */
function letterFlags(word: string): readonly Flag[] {
  const [wholeName] = atEqualsSign(word);
  if (byName.has(wholeName.slice(1))) {
    throw unknownFlag(wholeName, wholeName);
  }
  const flags: Flag[] = [];
  for (let index = 1; index < word.length; index += 1) {
    const letter = word.charAt(index);
    const spelling = `-${letter}`;
    const setting = byLetter.get(letter);
    if (setting === undefined) {
      throw unknownFlag(spelling, wholeName);
    }
    const rest = word.slice(index + 1);
    if (rest.startsWith('=') || (rest !== '' && !isSwitch(setting))) {
      return [...flags, { setting, spelling, text: rest.replace(/^=/, '') }];
    }
    flags.push({ setting, spelling, text: undefined });
  }
  return flags;
}

/** The next word, unless it is a flag itself: then a value was forgotten. */
function valueFrom(words: Iterator<string>, { setting, spelling }: Flag): string {
  const next = words.next();
  if (next.done === true) {
    throw new SettingError(`${spelling} needs a value: ${spelling} ${setting.kind.placeholder}`);
  }
  const [name] = atEqualsSign(next.value);
  if (longSpellings.includes(name) || letterSpellings.includes(name)) {
    throw new SettingError(
      `${spelling} needs a value, but a flag follows it; ` +
        `write ${spelling}=VALUE for a value that looks like a flag`,
    );
  }
  return next.value;
}

/** @param misspelt what the name that was meant is to be guessed from. */
function unknownFlag(spelling: string, misspelt: string): SettingError {
  const hint = didYouMean(misspelt, longSpellings) || '; --help lists the flags';
  return new SettingError(`unknown flag ${plainOrQuoted(spelling)}${hint}`);
}

/** Of a word that no flag takes. It is not shown where it may be a part of a password. */
function aboutStrayWord(word: string, before: Flag | undefined): string {
  if (before?.setting.isSecret === true) {
    return `a stray word follows ${before.spelling}; put a value with spaces into quotes`;
  }
  if (before !== undefined && before.text === undefined && isSwitch(before.setting)) {
    const { spelling } = before;
    return `stray word ${quoted(word)}; a switch takes its value as in ${spelling}=false`;
  }
  return `stray word ${quoted(word)}; only flags are taken, and --help lists them`;
}

function atEqualsSign(word: string): readonly [before: string, after: string | undefined] {
  const index = word.indexOf('=');
  return index < 0 ? [word, undefined] : [word.slice(0, index), word.slice(index + 1)];
}
