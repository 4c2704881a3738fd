/** Commands under locks that are lost as the spec says; the processes are real. */
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { expect } from 'chai';
import { CommandError } from '../../../../adapters/inbound/cli/process-group.js';
import { type GuardingLock, runUnderLock } from '../../../../adapters/inbound/cli/run-command.js';
import { parseRunCommandLine } from '../../../../adapters/inbound/cli/run-command-line.js';
import { SpecFolder } from '../../../support/server-process.js';

class StubLock implements GuardingLock {
  readonly fencingToken = 42;
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  releasedCount = 0;
  /** What it says, each time that it is asked once it is cut off; the last of them for good. */
  #heldForMs: number[] = [1_000];

  get heldForMs(): number {
    const [next = 0] = this.#heldForMs.length > 1 ? this.#heldForMs.splice(0, 1) : this.#heldForMs;
    return next;
  }

  cutOff(...heldForMs: number[]): void {
    this.#heldForMs = heldForMs;
  }

  async release(): Promise<void> {
    this.releasedCount += 1;
  }
}

describe('runUnderLock', function () {
  this.timeout(20_000);
  let folder: SpecFolder;
  let lock: StubLock;
  let told: string[];
  let closedCount: number;
  let signals: EventEmitter;

  beforeEach(() => {
    folder = new SpecFolder();
    lock = new StubLock();
    told = [];
    closedCount = 0;
    signals = new EventEmitter();
  });

  afterEach(() => folder.remove());

  function run(script: string, taken: Promise<GuardingLock | null> = Promise.resolve(lock)) {
    const order = parseRunCommandLine(['job', '--', 'sh', '-c', script], () => undefined);
    return runUnderLock(order, {
      takeLock: () => taken,
      close: async () => {
        closedCount += 1;
      },
      environment: { ...process.env, FOLDER: folder.path },
      signals,
      tell: (line) => told.push(line),
    });
  }

  /** Resolves when the command has written that file. */
  async function written(name: string): Promise<string> {
    const watcher = watch(folder.path);
    try {
      while (!existsSync(folder.file(name))) {
        await new Promise((resolve) => watcher.once('change', resolve));
      }
    } finally {
      watcher.close();
    }
    return readFileSync(folder.file(name), 'utf8');
  }

  function isRunning(pid: string): boolean {
    try {
      return process.kill(Number(pid), 0);
    } catch {
      return false;
    }
  }

  it('passes the command’s status on, and releases the lock', async () => {
    expect(await run('exit 7')).to.equal(7);
    expect([lock.releasedCount, closedCount, told]).to.deep.equal([1, 1, []]);
  });

  it('tells the command its lock and token', async () => {
    await run('printf "%s %s" "$LDLM_LOCK_NAME" "$LDLM_FENCING_TOKEN" > "$FOLDER/env"');
    expect(await written('env')).to.equal('job 42');
  });

  it('has a signal that ended the command in the status, as shells do', async () => {
    expect(await run('kill -TERM $$')).to.equal(128 + 15);
    expect(lock.releasedCount).to.equal(1);
  });

  it('runs nothing without the lock', async () => {
    expect(await run('touch "$FOLDER/ran"', Promise.resolve(null))).to.equal(1);
    expect(existsSync(folder.file('ran'))).to.equal(false);
    expect(told.join()).to.match(/held by somebody else/);
    expect(closedCount).to.equal(1);
  });

  it('says that there is no such command, and lets go of the lock with the connection', async () => {
    const order = parseRunCommandLine(['job', '--', 'no-such-command-here'], () => undefined);
    const [outcome] = await Promise.allSettled([
      runUnderLock(order, {
        takeLock: async () => lock,
        close: async () => {
          closedCount += 1;
        },
        environment: process.env,
        signals,
        tell: () => undefined,
      }),
    ]);
    expect(outcome?.status === 'rejected' && outcome.reason).to.be.instanceOf(CommandError);
    expect(closedCount).to.equal(1);
  });

  it('passes signals on to the command and all that it started', async () => {
    const running = run(
      'sleep 100 & echo $! > "$FOLDER/pid.new"; mv "$FOLDER/pid.new" "$FOLDER/pid"; wait',
    );
    const pid = await written('pid');
    signals.emit('SIGINT', 'SIGINT');
    signals.emit('SIGTERM', 'SIGTERM');
    expect(await running).to.be.greaterThan(128);
    expect(isRunning(pid)).to.equal(false);
  });

  it('stops waiting for the lock at a signal', async () => {
    const order = parseRunCommandLine(['job', '--', 'true'], () => undefined);
    const running = runUnderLock(order, {
      takeLock: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      close: async () => undefined,
      environment: process.env,
      signals,
      tell: () => undefined,
    });
    signals.emit('SIGTERM', 'SIGTERM');
    const [outcome] = await Promise.allSettled([running]);
    expect(outcome?.status === 'rejected' && String(outcome.reason)).to.contain(
      'SIGTERM came first',
    );
  });

  it('kills the command and all that it started at once when the lock is lost', async () => {
    const running = run(
      'trap "" TERM; sleep 100 & echo $! > "$FOLDER/pid.new"; mv "$FOLDER/pid.new" "$FOLDER/pid"; wait; sleep 100',
    );
    const pid = await written('pid');
    lock.controller.abort(new Error('an operator revoked it'));
    expect(await running).to.equal(1);
    expect(isRunning(pid)).to.equal(false);
    expect(told).to.deep.equal(['the command was ended: an operator revoked it']);
    expect(lock.releasedCount).to.equal(0);
  });

  it('says SIGTERM first, then SIGKILL, before the lock can be somebody else’s', async () => {
    const running = run(
      'trap "touch $FOLDER/asked" TERM; echo $$ > "$FOLDER/pid.new"; mv "$FOLDER/pid.new" "$FOLDER/pid"; ' +
        'while :; do sleep 0.05; done',
    );
    const pid = await written('pid');
    // A third of the time that it had at first is left, then no more than what the kill takes.
    lock.cutOff(290, 290, 290, 40);
    expect(await running).to.equal(1);
    expect(existsSync(folder.file('asked'))).to.equal(true);
    expect(isRunning(pid)).to.equal(false);
  });

  it('ends what the command left behind before it gives the lock back', async () => {
    const status = await run('sleep 100 & echo $! > "$FOLDER/pid"; exit 3');
    expect(status).to.equal(3);
    expect(isRunning(await written('pid'))).to.equal(false);
    expect(lock.releasedCount).to.equal(1);
  });
});
