/** What docs/CLI.md tells an operator to type is understood, and what it shows is what is printed. */
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { COMMAND_OPTIONS } from '../../adapters/inbound/cli/command-options.js';
import { parseCommandLine } from '../../adapters/inbound/cli/command-line.js';
import { runLockCommand } from '../../adapters/inbound/cli/lock-command.js';
import { FOREVER } from '../../domain/instant.js';
import { ScriptedAdministrationClient } from '../support/scripted-administration-client.js';
import { someHolder, someLock, someWaiter } from '../support/some-holder.js';
import { type ConsoleStep, consoleSteps } from './console-steps.js';

const PAGE = readFileSync('docs/CLI.md', 'utf8');
const BLOCKS = [...PAGE.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

/** Commands with what the page shows beneath them. */
const STEPS = BLOCKS.filter((block) => block.startsWith('$ ')).flatMap(consoleSteps);

/** Everything that an operator is told to type, but for what a shell makes of it. */
const COMMANDS = [
  ...STEPS.map(({ command }) => command),
  ...BLOCKS.filter((block) => block.startsWith('ldlm-lock ') && !block.includes('[')).flatMap(
    (block) => block.trim().split('\n'),
  ),
].filter((command) => /^ldlm-lock (?!run)/.test(command));

const NOW = 1_060_000;
const OWNER = { host: 'db1', name: 'worker-7' };
const BACKUP = someHolder({
  name: 'backup',
  key: '0f7c6c0e-8bbd-4c3d-9b47-0a4c2d6cbb3c',
  fencingToken: 1_795_471_442_000_017,
  grantedAt: NOW - 125_000,
  expiresAt: NOW + 474_000,
  sessionId: 'RrJgITNLDOe_S-lI7M3rj7',
  session: 'stream 127.0.0.1:51234',
  owner: OWNER,
});
const SCANNER = someHolder({
  name: '鍵🔒',
  key: '6e1b0c5e-9d51-4b43-8f39-3d5b3f4f0d57',
  size: 2,
  fencingToken: 1_795_471_442_000_009,
  grantedAt: NOW - 3_780_000,
  expiresAt: FOREVER,
  sessionId: undefined,
  session: undefined,
  waiterCount: 3,
});
const INVOICE = someHolder({ name: 'invoice/42', key: BACKUP.key });

function step(command: string): ConsoleStep {
  return STEPS.find((one) => one.command === command) ?? expect.fail(`no step ${command}`);
}

describe('docs/CLI.md', () => {
  let client: ScriptedAdministrationClient;

  beforeEach(() => {
    client = new ScriptedAdministrationClient();
    client.held = [SCANNER, BACKUP];
  });

  /** What the command prints, for a server that is as the page has it. */
  async function printedBy(command: string): Promise<string> {
    const stdout = new PassThrough();
    await runLockCommand({
      argv: command.split(' ').slice(1),
      environment: {},
      stdout,
      stderr: new PassThrough(),
      connect: () => client,
      defaultSocketPath: '/socket',
      version: '1.2.3',
      completions: () => '',
      run: async () => 0,
      takeScreen: undefined,
      sleep: async () => undefined,
    });
    return String(stdout.read()).trimEnd();
  }

  for (const command of COMMANDS) {
    it(`has a command that is understood: ${command}`, () => {
      const argv = command
        .replace(/ \|.*$/, '')
        .split(' ')
        .slice(1);
      expect(parseCommandLine(argv)).not.to.have.property('problem');
    });
  }

  it('names every option', () => {
    const missing = Object.keys(COMMAND_OPTIONS).filter((name) => !PAGE.includes(`\`--${name}`));
    expect(missing).to.deep.equal([]);
  });

  for (const command of ['ldlm-lock list', 'ldlm-lock list --long']) {
    it(`shows what ${command} prints`, async () => {
      expect(await printedBy(command)).to.equal(step(command).shown);
    });
  }

  it('shows what show prints', async () => {
    client.parts = [
      {
        kind: 'lock',
        lock: someLock({ name: 'backup', holderCount: 1, waiterCount: 1, grantCount: 7 }),
        now: NOW,
      },
      { kind: 'holders', holders: [BACKUP] },
      {
        kind: 'waiters',
        waiters: [
          someWaiter({
            queuedAt: NOW - 63_000,
            sessionId: '84efebc3-847d-4ff5-96b8-105d1ae69a09',
            session: 'connection 127.0.0.1:51240',
          }),
        ],
      },
    ];
    const command = 'ldlm-lock show backup';
    expect(await printedBy(command)).to.equal(step(command).shown);
  });

  it('shows what a watch prints', async () => {
    client.held = [INVOICE];
    client.news = async function* () {
      yield { isGap: true, changes: [] };
      yield {
        isGap: false,
        changes: [
          { kind: 'ended', holder: INVOICE, reason: 'released' },
          { kind: 'granted', holder: { ...INVOICE, key: SCANNER.key } },
        ],
      };
    };
    const command = 'ldlm-lock list --watch --prefix invoice/';
    expect(await printedBy(command)).to.equal(step(command).shown);
  });

  it('shows what unlock and kick print', async () => {
    client.answerToKick = {
      kind: 'kicked',
      sessionId: 'RrJgITNLDOe_S-lI7M3rj7',
      session: 'stream 127.0.0.1:51234',
      leaseCount: 2,
      waiterCount: 1,
    };
    for (const command of ['ldlm-lock unlock backup', 'ldlm-lock kick RrJgITNLDOe_S-lI7M3rj7']) {
      expect(await printedBy(command)).to.equal(step(command).shown);
    }
  });
});
