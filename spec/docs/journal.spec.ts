/**
 * What docs/JOURNAL.md prints is a journal, and what it tells an operator to run does what it says.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { JournalStateStore } from '../../adapters/outbound/journal/journal-state-store.js';
import type { RecoveredState } from '../../ports/outbound/state-store.js';
import { ended, granted, sessionEnded, sessionOpened } from '../contracts/some-facts.js';
import { batchLine, headerLine } from '../support/journal-bytes.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SpecFolder } from '../support/server-process.js';

const PAGE = readFileSync('docs/JOURNAL.md', 'utf8');

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(PAGE)?.[1] ?? '';
}

describe('docs/JOURNAL.md', () => {
  let folder: SpecFolder;
  let state: string;

  beforeEach(() => {
    folder = new SpecFolder();
    state = folder.file('state');
  });

  afterEach(() => folder.remove());

  async function recover(file: string): Promise<RecoveredState> {
    const store = new JournalStateStore({ file, logger: new RecordingLogger() });
    const recovered = await store.open();
    await store.close();
    return recovered;
  }

  const example = block('json');
  const lines = example.split(/(?<=\n)/);
  const [header = '', first = '', second = ''] = lines;

  it('prints a journal', async () => {
    writeFileSync(state, example);
    const { leases, fencingToken } = await recover(state);
    expect(leases.map(({ name, leaseMs }) => [name, leaseMs])).to.deep.equal([
      ['nightly-backup', 900_000],
    ]);
    expect(fencingToken).to.equal(42);
  });

  it('prints commands that show the line at a byte and its right sum', () => {
    writeFileSync(state, example);
    const commands = block('sh').trim().split('\n').slice(-2);
    const at = header.length;
    const outputs = commands.map((command) =>
      execFileSync('sh', ['-c', command], { cwd: folder.path, env: { ...process.env, N: `${at}` } })
        .toString()
        .trim(),
    );
    expect(outputs).to.deep.equal([first.slice(0, 300), first.slice(8, 16)]);
  });

  it('prints commands that run', () => {
    writeFileSync(state, example);
    for (const command of block('sh').trim().split('\n')) {
      const env = { ...process.env, N: '0' };
      execFileSync('sh', ['-c', command], { cwd: folder.path, env });
    }
  });

  describe('prints a script that', () => {
    function salvage(): string {
      writeFileSync(folder.file('salvage.mjs'), block('js'));
      const args = ['salvage.mjs', 'state', 'state.salvaged'];
      return execFileSync(process.execPath, args, { cwd: folder.path }).toString();
    }

    it('saves all of a whole journal', async () => {
      writeFileSync(state, example);
      expect(salvage()).to.equal('saved: 1 leases, 0 sessions\n');
      expect(await recover(`${state}.salvaged`)).to.deep.equal(await recover(state));
    });

    it('saves what stands before and behind the damage', async () => {
      const rotten = second.replace('900000', '900001');
      writeFileSync(state, lines.join('').replace(second, rotten));
      expect(salvage()).to.equal(
        `left out: ${second.length - 1} bytes at byte ${header.length + first.length}\n` +
          'saved: 1 leases, 0 sessions\n',
      );
      const { leases } = await recover(`${state}.salvaged`);
      expect(leases.map(({ name, leaseMs }) => [name, leaseMs])).to.deep.equal([
        ['nightly-backup', 600_000],
      ]);
    });

    it('saves stream sessions, and the releases whose answers they may not have heard', async () => {
      const facts = [
        sessionOpened('session-1', { owner: { host: 'h' } }),
        sessionOpened('session-2'),
        granted(1, { requestId: 3, metadata: { purpose: 'p' } }),
        granted(11, { requestId: 4 }),
        ended(11, { by: { sessionId: 'session-1', requestId: 5, heardBelow: 5 } }),
        sessionEnded('session-2'),
      ];
      writeFileSync(state, Buffer.concat([headerLine(), batchLine(1, facts)]));
      expect(salvage()).to.equal('saved: 1 leases, 1 sessions\n');
      expect(await recover(`${state}.salvaged`)).to.deep.equal(await recover(state));
    });

    it('goes on above every fencing token that may have been lost', async () => {
      const lost = batchLine(1, [granted(1, { fencingToken: 99 })]).fill('x', 8, 16);
      const kept = batchLine(2, [granted(2, { fencingToken: 5, name: '鍵' })]);
      writeFileSync(state, Buffer.concat([headerLine(), lost, kept]));
      salvage();
      const { leases, fencingToken } = await recover(`${state}.salvaged`);
      expect(leases.map(({ name }) => name)).to.deep.equal(['鍵']);
      expect(fencingToken).to.be.above(99);
    });
  });
});
