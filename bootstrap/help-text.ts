/** Why: everything an operator can set, in the width of the narrowest terminal. */
import {
  type AnySetting,
  configFileSetting,
  fileSettings,
  helpSetting,
  isSwitch,
  versionSetting,
} from './settings-table.js';

const COLUMNS = 80;

const order = [...fileSettings, configFileSetting, helpSetting, versionSetting];

export function helpText(): string {
  const lefts = order.map(flagsOf);
  const width = Math.max(...lefts.map((left) => left.length));
  const lines = order.map((setting, index) => {
    const [first, ...others] = wrapped(
      `${setting.summary}${defaultOf(setting)}`,
      COLUMNS - width - 4,
    );
    const indent = ' '.repeat(width + 4);
    const left = lefts[index]?.padEnd(width);
    return [`  ${left}  ${first}`, ...others.map((line) => indent + line)].join('\n');
  });
  return `ldlm-server: a lightweight distributed lock manager

Usage: ldlm-server [flag]...

  ldlm-server                          on this machine alone, keeping nothing
  ldlm-server -l :3144 -s ldlm.state --password_file secret
                                       for others, keeping locks over restarts

${lines.join('\n')}

A duration is a number with a unit, or several: 500ms, 10s, 1h30m.
A flag comes before LDLM_<FLAG IN CAPITALS> in the environment, such as
LDLM_LOG_LEVEL=debug, which comes before the config file, where it has the
flag's name: "log_level: debug".

Signals: SIGTERM stops it in order; SIGHUP has it read its certificates anew.
Exit status: 0 stopped in order, 1 otherwise; its last line says why.
`;
}

/** At spaces, into lines of so many columns. */
function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
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
