/** The example of a failover tells what happens, in this order, and leaves nothing running. */
import { expect } from 'chai';
import { untilSo } from '../support/asked-again.js';
import { ExampleProcess } from './example-process.js';

const COMMAND = {
  program: process.execPath,
  args: ['--import', 'tsx', 'examples/failover/main.ts'],
};

describe('The example of a failover', function () {
  this.timeout(120_000);
  let example: ExampleProcess;

  beforeEach(() => {
    example = new ExampleProcess(COMMAND);
  });

  afterEach(async () => {
    // It ends what it has started only if it is let.
    await example.stop();
  });

  /** Processes that it told of. */
  function pids(): readonly number[] {
    return example.lines.flatMap((line) => {
      const pid = /\(process (\d+)\)/.exec(line)?.[1];
      return pid === undefined ? [] : [Number(pid)];
    });
  }

  it('has the client ride through the end of one leader by force, and of the next in order', async () => {
    expect(await example.exit, example.lines.join('\n')).to.deep.equal({ code: 0, signal: null });
    const [token = '', ...others] = example.lines.flatMap(
      (line) => / fencing token (\d+)/.exec(line)?.[1] ?? [],
    );
    const told = example.lines.map((line) =>
      line.replace(/process \d+/, 'process N').replace(/after [\d.]+ s$/, 'after N s'),
    );
    const next = others.at(-1) ?? '';
    expect(told).to.deep.equal([
      'etcd runs (process N)',
      'server 1 (process N) leads',
      'server 2 (process N) stands by',
      `The client holds a lock, with fencing token ${token}`,
      'server 1 is killed with -9',
      'server 2 leads after N s',
      `The client is back and holds its lock still, with fencing token ${token}`,
      'Nobody else is granted it',
      'server 1 (process N) is started again and stands by',
      'server 2 stops in order, and server 1 leads after N s',
      `The client holds its lock still, with fencing token ${token}`,
      `Released; the next holder has fencing token ${next}, which is greater`,
      'All have stopped',
    ]);
    expect(Number(next)).to.be.greaterThan(Number(token));
    expect(pids().filter(isThere)).to.deep.equal([]);
  });

  it('ends what it has started when it is stopped halfway', async () => {
    await example.until(/^The client holds a lock/);
    expect(await example.stop()).to.deep.equal({ code: 1, signal: null });
    expect(pids()).to.have.length(3);
    await untilSo(() => !pids().some(isThere));
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
