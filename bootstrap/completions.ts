/** Why: one script completes all programs; each part of it comes from the table by which that program reads its words. */
import {
  type CompletedProgram,
  type CompletedValue,
  completedLockProgram,
  optionsIn,
  type Shell,
} from '../adapters/inbound/cli/completed-program.js';
import { completionScript } from '../adapters/inbound/cli/shell-completion.js';
import { STRESS_OPTIONS } from '../client/stress/stress-options.js';
import { type AnySetting, flagSettings, isSwitch } from './settings-table.js';

export function completions(shell: Shell): string {
  return completionScript(shell, [
    completedLockProgram(),
    serverProgram(),
    {
      name: 'ldlm-stress',
      options: optionsIn(STRESS_OPTIONS, Object.keys(STRESS_OPTIONS)),
      commands: [],
    },
  ]);
}

function serverProgram(): CompletedProgram {
  return {
    name: 'ldlm-server',
    options: flagSettings.map((setting) => ({
      spellings: [...(setting.letter ? [`-${setting.letter}`] : []), `--${setting.name}`],
      value: valueTakenBy(setting),
    })),
    commands: [],
  };
}

function valueTakenBy(setting: AnySetting): CompletedValue {
  const { words, placeholder } = setting.kind;
  // A switch may stand alone.
  return isSwitch(setting) ? 'nothing' : (words ?? (placeholder === 'file' ? 'file' : 'text'));
}
