import { expect } from 'chai';
import { helpText } from '../../bootstrap/help-text.js';
import { flagSettings, isSwitch } from '../../bootstrap/settings-table.js';

describe('helpText', () => {
  const lines = helpText().split('\n');

  /** The line of a flag, and those that its meaning goes on in, as one. */
  function lineOf(name: string): string {
    const begin = lines.findIndex((line) => new RegExp(`^ +(-\\w, )?--${name}( |$)`).test(line));
    const rest = lines.slice(begin + 1);
    const end = rest.findIndex((line) => !/^ {20,}\S/.test(line));
    return [lines[begin], ...rest.slice(0, end).map((line) => line.trim())].join(' ');
  }

  for (const setting of flagSettings) {
    it(`has a line for ${setting.name}: flags, kind of value, default and meaning`, () => {
      const line = lineOf(setting.name);

      expect(line).to.include(setting.summary);
      expect(line).to.include(
        `${setting.letter === undefined ? ' ' : `-${setting.letter},`} --${setting.name} `,
      );
      expect(line).to.include(setting.kind.placeholder);
      const isDefaultTold = setting.default !== '' && !isSwitch(setting);
      expect(line).to.include(
        isDefaultTold ? `[${setting.defaultInWords ?? setting.default}]` : setting.summary,
      );
    });
  }

  it('fits a terminal of 80 columns', () => {
    expect(Math.max(...lines.map((line) => line.length))).to.be.at.most(80);
  });

  it('says how a flag is called in the environment and in files', () => {
    expect(helpText()).to.include('LDLM_<FLAG IN CAPITALS>').and.include('log_level: debug');
  });

  it('ends with a line end', () => {
    expect(helpText()).to.match(/[^\n]\n$/);
  });
});
