/** What docs/DEPLOYMENT.md tells an operator to run: what can be run here is, and what cannot names what there is. */
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { environmentSettings } from '../../bootstrap/settings-table.js';
import { completingLineOf } from './completing-line.js';
import { pageBlocks } from './console-steps.js';
import { dockerfileSteps, variablesOf } from './dockerfile-steps.js';

const page = readFileSync('docs/DEPLOYMENT.md', 'utf8');
const commands = pageBlocks(page)
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.trim().split('\n'));
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** Programs that need what no machine for specs has: an engine, a cluster, a running systemd, root. */
const ELSEWHERE = /^(?:printf .* \| )?(?:docker|kubectl|systemctl|install) /;

completingLineOf('bash');

describe('docs/DEPLOYMENT.md', () => {
  it('names the version that this is', () => {
    const named = [...page.matchAll(/ldlm[:-](\d+\.\d+\.\d+)/g)].map(([, one]) => one);
    expect(new Set(named)).to.deep.equal(new Set([version]));
  });

  it('names in its commands no file that is not there', () => {
    const files = commands.flatMap((command) => command.match(/\bdocs\/\S+/g) ?? []);
    expect(files).to.have.length.above(3);
    expect(files.filter((file) => !existsSync(file))).to.deep.equal([]);
  });

  it('has no command that is run neither here, nor by other specs, nor elsewhere alone', () => {
    const known = [
      ...['npm ci', 'npm pack', `npm install --global ./ldlm-${version}.tgz`],
      ...['ldlm-server --version', 'ldlm-lock --socket /run/ldlm/ipc.sock list'],
      'systemd-analyze verify docs/deployment/ldlm-server.service',
    ];
    expect(
      commands.filter((command) => !ELSEWHERE.test(command) && !known.includes(command)),
    ).to.deep.equal([]);
  });

  it('tells what the image sets, as it does', () => {
    const rows = [...page.matchAll(/^\| `(LDLM_\w+)` \| `([^`]+)` \|/gm)];
    expect(Object.fromEntries(rows.map(([, name, value]) => [name, value]))).to.deep.equal(
      variablesOf(dockerfileSteps(readFileSync('Dockerfile', 'utf8'))),
    );
  });

  it('names no variable that is no setting', () => {
    const known = environmentSettings.map(({ name }) => `LDLM_${name.toUpperCase()}`);
    const named = [...page.matchAll(/\bLDLM_[A-Z_]+\b/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(name))).to.deep.equal([]);
  });

  it('names only specs that are there', () => {
    const named = [...page.matchAll(/`(spec\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(named).to.have.length.above(5);
    expect(named.filter((path) => !existsSync(path))).to.deep.equal([]);
  });
});
