import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PROGRAM_VERSION } from '../../bootstrap/program-version.js';

describe('PROGRAM_VERSION', () => {
  it('is the version of the package', () => {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');

    expect(PROGRAM_VERSION).to.equal(JSON.parse(manifest).version);
  });
});
