/** Why: everything an operator can set, on one screen. */
import {
  type AnySetting,
  configFileSetting,
  fileSettings,
  helpSetting,
  isSwitch,
  versionSetting,
} from './settings-table.js';

const order = [...fileSettings, configFileSetting, helpSetting, versionSetting];

export function helpText(): string {
  const lefts = order.map(flagsOf);
  const width = Math.max(...lefts.map((left) => left.length));
  const lines = order.map(
    (setting, index) => `  ${lefts[index]?.padEnd(width)}  ${setting.summary}${defaultOf(setting)}`,
  );
  return `ldlm-server: a lightweight distributed lock manager

Usage: ldlm-server [flag]...

${lines.join('\n')}

A duration is a number with a unit, or several: 500ms, 10s, 1h30m.
A flag comes before LDLM_<FLAG IN CAPITALS> in the environment, such as LDLM_LOG_LEVEL=debug, which
comes before the config file, where it has the flag's name: "log_level: debug".
`;
}

function flagsOf({ name, letter, kind }: AnySetting): string {
  const short = letter === undefined ? '    ' : `-${letter}, `;
  return `${short}--${name} ${kind.placeholder}`.trimEnd();
}

/** Where there is one worth telling. */
function defaultOf(setting: AnySetting): string {
  const text = isSwitch(setting) ? '' : (setting.defaultInWords ?? setting.default);
  return text === '' ? '' : ` [${text}]`;
}
