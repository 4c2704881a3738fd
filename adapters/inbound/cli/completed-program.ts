/** Why: what can be typed after a program's name, in a form that any shell's completion is made from. */
import {
  belongsTo,
  COMMAND_NAMES,
  COMMAND_OPTIONS,
  isOptionName,
  type OptionName,
  takenBy,
} from './command-options.js';
import { RUN_OPTIONS } from './run-command-line.js';

/** `text` is a value that nobody can guess. */
export type CompletedValue = 'nothing' | 'file' | 'text' | readonly string[];

export interface CompletedOption {
  /** Such as `-l` and `--long`. */
  readonly spellings: readonly string[];
  readonly value: CompletedValue;
}

export interface CompletedCommand {
  readonly name: string;
  readonly options: readonly CompletedOption[];
  /** What its first words may be, where they are known. */
  readonly words?: readonly string[];
}

export interface CompletedProgram {
  readonly name: string;
  /** Before a command, or of a program that has none. */
  readonly options: readonly CompletedOption[];
  readonly commands: readonly CompletedCommand[];
}

export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** `ldlm-lock`, by the tables that its command lines are read with. */
export function completedLockProgram(): CompletedProgram {
  const names = Object.keys(COMMAND_OPTIONS) as OptionName[];
  return {
    name: 'ldlm-lock',
    options: optionsIn(COMMAND_OPTIONS, ['help', 'version']),
    commands: [
      ...COMMAND_NAMES.map((name) => ({
        name,
        options: optionsIn(
          COMMAND_OPTIONS,
          names.filter((option) => belongsTo(option, name) && option !== 'version'),
        ),
      })),
      { name: 'run', options: optionsIn(RUN_OPTIONS, Object.keys(RUN_OPTIONS)) },
      { name: 'completion', options: [], words: SHELLS },
    ],
  };
}

/** The options of a table that `parseArgs` of Node reads. */
export function optionsIn(
  table: Readonly<Record<string, { readonly type: string; readonly short?: string }>>,
  names: readonly string[],
): readonly CompletedOption[] {
  return names.map((name) => ({
    spellings: [...(table[name]?.short ? [`-${table[name].short}`] : []), `--${name}`],
    value: table[name]?.type === 'boolean' ? 'nothing' : isFile(name) ? 'file' : 'text',
  }));
}

/** All programs call their files the same. */
function isFile(name: string): boolean {
  return isOptionName(name) && takenBy(name)?.startsWith('the path of ') === true;
}
