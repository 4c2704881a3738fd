/** Why: shells complete what they have a script for; made of the programs' own tables, it cannot go stale. */
import type {
  CompletedOption,
  CompletedProgram,
  CompletedValue,
  Shell,
} from './completed-program.js';

/**
 * A script that a shell reads by `eval`, or from a file. Both shells use one function, written for bash 3.2 and later:
 * zsh has a way to take it (bashcompinit).
 */
export function completionScript(shell: Shell, programs: readonly CompletedProgram[]): string {
  const names = programs.map(({ name }) => name).join(' ');
  return [
    `# Completion of ${names} for ${shell}, printed by ldlm-lock completion ${shell}.`,
    BEGINNING[shell],
    '_ldlm_complete() {',
    WORD_AT_CURSOR,
    '  for ((index = 1; index < COMP_CWORD; index++)); do',
    AFTER_DASHES,
    `    [[ -z $command ]] && case "$program ${AT_INDEX}" in`,
    `      ${patterns(programs.flatMap(commandsOf))}) command="${AT_INDEX}" ;;`,
    '    esac',
    '  done',
    '  case "$program $previous" in',
    ...programs.flatMap(valueCases),
    '  esac',
    '  case "$program $command" in',
    ...programs.flatMap(wordCases),
    '  esac',
    '  [[ $word == -* ]] && words="$options"',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    `complete -o filenames -F _ldlm_complete ${names}`,
    '',
  ].join('\n');
}

/** What zsh has in place of compgen knows no folders. */
const BEGINNING: Readonly<Record<Shell, string>> = {
  bash: `\
_ldlm_files() {
  compgen -f -- "$1"
}`,
  zsh: `\
autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
_ldlm_files() {
  setopt localoptions nullglob
  print -rl -- "$1"*
}`,
};

const AT_INDEX = `\${COMP_WORDS[index]}`;

/** bash takes `=` for a word of its own: of `--log_level=de` it makes three. */
const WORD_AT_CURSOR = `\
  local IFS=$'\\n' index command="" words="" options="" program="\${COMP_WORDS[0]##*/}"
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [[ $word == "=" ]]; then
    word=""
  elif [[ $previous == "=" ]]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi`;

/** There a command of its own begins, or a name. */
const AFTER_DASHES = `\
    if [[ ${AT_INDEX} == "--" ]]; then
      if [[ $command == run ]] && ((index == COMP_CWORD - 1)); then
        COMPREPLY=($(compgen -c -- "$word"))
      elif [[ $command == run ]]; then
        COMPREPLY=($(_ldlm_files "$word"))
      fi
      return
    fi`;

function commandsOf({ name, commands }: CompletedProgram): readonly string[] {
  return commands.map((command) => `${name} ${command.name}`);
}

/** What is completed behind an option that takes a value, whichever command it belongs to. */
function valueCases({ name, options, commands }: CompletedProgram): readonly string[] {
  const byAnswer = new Map<string, Set<string>>();
  for (const option of [...options, ...commands.flatMap((command) => command.options)]) {
    if (option.value !== 'nothing') {
      const answer = answerTo(option.value);
      const spelled = byAnswer.get(answer) ?? new Set();
      byAnswer.set(answer, spelled);
      for (const spelling of option.spellings) {
        spelled.add(`${name} ${spelling}`);
      }
    }
  }
  return [...byAnswer].map(([answer, spelled]) => `    ${patterns([...spelled])}) ${answer} ;;`);
}

function answerTo(value: Exclude<CompletedValue, 'nothing'>): string {
  if (value === 'text') {
    return 'return';
  }
  const candidates =
    value === 'file' ? '_ldlm_files "$word"' : `compgen -W ${listOf(value)} -- "$word"`;
  return `COMPREPLY=($(${candidates})); return`;
}

function wordCases({ name, options, commands }: CompletedProgram): readonly string[] {
  const own = { name: '', options, words: commands.map((command) => command.name) };
  return [own, ...commands].map(
    (command) =>
      `    '${name} ${command.name}') words=${listOf(command.words ?? [])} ` +
      `options=${listOf(command.options.flatMap(spellings))} ;;`,
  );
}

function spellings(option: CompletedOption): readonly string[] {
  return option.spellings;
}

function patterns(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' | ') || "''";
}

function listOf(words: readonly string[]): string {
  return `$'${words.join('\\n')}'`;
}
