import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  type AnySetting,
  environmentSettings,
  fileSettings,
  flagSettings,
} from '../../bootstrap/settings-table.js';

const documented = readFileSync(new URL('../../docs/SETTINGS.md', import.meta.url), 'utf8');

/** The beginning of a setting's row in docs/SETTINGS.md; its meaning follows. */
function documentedRow(setting: AnySetting): string {
  const { name, letter, kind, default: text, defaultInWords } = setting;
  const shownDefault = defaultInWords ?? text;
  const cells = [
    `\`--${name}\``,
    letter === undefined ? '' : `\`-${letter}\``,
    environmentSettings.includes(setting) ? `\`LDLM_${name.toUpperCase()}\`` : '',
    fileSettings.includes(setting) ? `\`${name}\`` : '',
    shownDefault === '' ? '' : `\`${shownDefault}\``,
    kind.accepts,
  ];
  return `| ${cells.join(' | ')} | `;
}

describe('settings table', () => {
  for (const setting of flagSettings) {
    it(`reads the default of ${setting.name}`, () => {
      expect(setting.kind.admits(setting.kind.read(setting.default))).to.equal(true);
    });

    it(`agrees with docs/SETTINGS.md about ${setting.name}`, () => {
      const row = documented.split('\n').find((line) => line.startsWith(documentedRow(setting)));

      expect(row, documentedRow(setting)).to.be.a('string');
    });
  }

  it('gives no two settings one name, nor one letter', () => {
    const names = flagSettings.map(({ name }) => name);
    const letters = flagSettings.flatMap(({ letter }) => letter ?? []);

    expect(new Set(names)).to.have.lengthOf(names.length);
    expect(new Set(letters)).to.have.lengthOf(letters.length);
  });

  it('leaves no setting in docs/SETTINGS.md that is no more', () => {
    const names = [...documented.matchAll(/^\| `--(\w+)`/gm)].map(([, name]) => name);

    expect(names).to.have.members(flagSettings.map(({ name }) => name));
  });
});
