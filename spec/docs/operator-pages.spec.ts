/**
 * What the pages for operators quote (lines, flags, metrics, alerts, commands) is there: all of it in docs/OPERATIONS.md and
 * docs/MOVING.md, to the letter, and elsewhere each table of what is said.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { COMMAND_OPTIONS } from '../../adapters/inbound/cli/command-options.js';
import { parseCommandLine } from '../../adapters/inbound/cli/command-line.js';
import { readSettings } from '../../bootstrap/settings.js';
import { flagSettings } from '../../bootstrap/settings-table.js';
import { pageBlocks } from './console-steps.js';

const PAGES = ['docs/OPERATIONS.md', 'docs/MOVING.md'];

/** What other programs are called, show or take, and words of the wire: for a reader to know, not for us to have. */
const OTHERS = new Set([
  ...['df', 'ulimit -n', 'grpcurl', 'GET', 'HEAD', 'SESSION', '-', 'WWW-Authenticate'],
  ...['Renew', 'RefreshLock', 'Unlock', 'ldlm-lock unlock'],
  ...['.lock', '.compact', '.torn', 'localhost:3145', 'etcdctl alarm list'],
  'readinessProbe: { grpc: { port: 3144 } }',
  'etcdctl get /ldlm/leader',
  'openssl x509 -noout -enddate -in FILE',
  'NODE_OPTIONS=--max-old-space-size=8192',
]);

const SOURCES = ['adapters', 'bootstrap', 'client', 'domain', 'ports', 'proto']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((file) => /\.(?:ts|proto)$/.test(file))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n')
  // Texts that go on in the next line.
  .replace(/(['"`])\s*\+\s*['"`]/g, '')
  .replaceAll("\\'", "'");

const METRICS = new Set(
  [...readFileSync('docs/METRICS.md', 'utf8').matchAll(/^\| `(\w+)` \| \w+ \|/gm)].map(
    ([, name = '']) => name,
  ),
);

const ALERTS = new Set(
  [...readFileSync('docs/monitoring/alert-rules.yaml', 'utf8').matchAll(/- alert: (\w+)/g)].map(
    ([, name = '']) => name,
  ),
);

/** Each kind of quotation, and whether what is quoted is there. The first kind that fits counts. */
const KINDS: readonly (readonly [form: RegExp, isThere: (quoted: string) => boolean])[] = [
  [/^Ldlm[A-Z]\w+$/, (alert) => ALERTS.has(alert)],
  [/^(?:ldlm|nodejs|process)_\w+$/, (metric) => METRICS.has(metric)],
  [/^changes\((\w+)\[1h\]\)$/, (query) => METRICS.has(/\w+(?=\[)/.exec(query)?.[0] ?? '')],
  [/^ldlm-lock\b/, isCommand],
  [/^-/, isFlag],
  [/^LDLM_\w+$/, (name) => flagSettings.some((one) => `LDLM_${one.name.toUpperCase()}` === name)],
  [/^[{"]/, (json) => (json.match(/\w+/g) ?? []).every((word) => SOURCES.includes(word))],
  // Names of fields, levels and roles.
  [/^[a-z_]+$/, (word) => new RegExp(`['"\\s{]${word}['":,]`).test(SOURCES)],
  [/^\/\w+(?:\/\w+)?$/, (path) => SOURCES.includes(`'${path}'`)],
  [/^localhost:3144$/, (address) => flagSettings.some((one) => one.default === address)],
  [/(?:)/, isSaid],
];

/** In capitals stands what the reader fills in. */
function isCommand(command: string): boolean {
  const [, ...argv] = command.split(' ');
  return argv.length === 0 || !('problem' in parseCommandLine(argv));
}

function isFlag(quoted: string): boolean {
  const [flag = '', ...rest] = quoted.split(/[ =]/);
  if (rest.length > 0) {
    const argv = quoted.split(' ').map((word) => (word === "''" ? '' : word));
    const read = readSettings({ argv, environment: {}, readFile: () => '' });
    return read.kind !== 'invalid';
  }
  const ofLock = Object.keys(COMMAND_OPTIONS).map((name) => `--${name}`);
  const ofServer = flagSettings.flatMap(({ name, letter }) => [`--${name}`, `-${letter}`]);
  return [...ofServer, ...ofLock].includes(flag);
}

/** A part of a line that the server, ldlm-lock or the client can say; `…` stands for what differs. */
function isSaid(line: string): boolean {
  const parts = line.split(/ ?… ?/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return line.length > 5 && new RegExp(parts.join('.{0,80}?')).test(SOURCES);
}

function isThere(quoted: string): boolean {
  const [, check] = KINDS.find(([form]) => form.test(quoted)) ?? [];
  return OTHERS.has(quoted) || check?.(quoted) === true;
}

/** What a page has in code quotes, outside of blocks. */
function quotations(page: string): readonly string[] {
  return [...page.replace(/^```\w*\n[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, quoted = '']) => quoted,
  );
}

for (const file of PAGES) {
  describe(file, () => {
    const page = readFileSync(file, 'utf8');

    it('quotes nothing that is not there', () => {
      expect(quotations(page).length).to.be.above(20);
      expect([...new Set(quotations(page))].filter((quoted) => !isThere(quoted))).to.deep.equal([]);
    });

    it('starts servers with settings that there are', () => {
      const commands = pageBlocks(page)
        .filter(({ language }) => language === 'sh')
        .flatMap(({ text }) => text.split('\n'))
        .filter((line) => line.startsWith('ldlm-server '));
      for (const command of commands) {
        const [, ...argv] = command.replace(/ +#.*$/, '').split(' ');
        const read = readSettings({ argv, environment: {}, readFile: () => '' });
        expect(read.kind, command).to.equal('settings');
      }
    });
  });
}

describe('docs/OPERATIONS.md', () => {
  it('says what to do at each alert', () => {
    const named = quotations(readFileSync('docs/OPERATIONS.md', 'utf8'));
    expect([...ALERTS].filter((alert) => !named.includes(alert))).to.deep.equal([]);
  });
});

describe('docs/MOVING.md', () => {
  it('says of every flag whether it was there before', () => {
    const named = quotations(readFileSync('docs/MOVING.md', 'utf8'));
    const missing = flagSettings.filter(({ name }) => !named.includes(`--${name}`));
    expect(missing.map(({ name }) => name)).to.deep.equal([]);
  });
});

/** Tables whose first column quotes whole lines, which are put together of several texts. */
const LINES = [
  ['docs/HIGH-AVAILABILITY.md', 'What the log says'],
  ['docs/HIGH-AVAILABILITY.md', 'By symptom'],
  ['docs/JOURNAL.md', 'What a start says about it'],
  ['docs/CLI.md', 'What it can say'],
] as const;

function linesIn(page: string, heading: string): readonly string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return own
    .split('\n')
    .filter((row) => row.startsWith('| '))
    .flatMap((row) => quotations(row.split(' | ')[0] ?? ''));
}

/** Whether each text of some length that the line is put together of is there. */
function isPutTogether(line: string): boolean {
  const texts = line.split(/…|: |, |\bN\b|\d+|[()]/).map((text) => text.trim().replace(/\.$/, ''));
  return texts.filter(({ length }) => length > 11).every((text) => SOURCES.includes(text));
}

describe('The tables of what is said', () => {
  for (const [file, heading] of LINES) {
    it(`quote no line that is not there in ${file}, ${heading}`, () => {
      const lines = linesIn(readFileSync(file, 'utf8'), heading);
      expect(lines.length).to.be.above(5);
      expect(lines.filter((line) => !isThere(line) && !isPutTogether(line))).to.deep.equal([]);
    });
  }
});

describe('The check of what the pages quote', () => {
  for (const slip of [
    'LdlmDiskFull',
    'ldlm_leases_total',
    'ldlm-lock free NAME',
    'ldlm-lock list --everything',
    '--keep_alive',
    '--leader_ttl 5',
    'LDLM_PORT',
    '/healthz',
    'the server is very busy',
    'its folder … is missing',
  ]) {
    it(`would catch ${slip}`, () => {
      expect(isThere(slip)).to.equal(false);
    });
  }

  it('would catch a line of which a part is not there', () => {
    expect(isPutTogether('Stepping down: etcd at … is tired of this leader: …')).to.equal(false);
  });
});
