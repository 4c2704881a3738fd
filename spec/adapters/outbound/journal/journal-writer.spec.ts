import { expect } from 'chai';
import type { JournalStateStore } from '../../../../adapters/outbound/journal/journal-state-store.js';
import type { Fact } from '../../../../domain/facts.js';
import { assertFold, assertPrefix } from '../../../contracts/recovered-state.js';
import { ended, granted } from '../../../contracts/some-facts.js';
import type { DiskOperation } from '../../../support/crashing-file-system.js';
import { deciding, DRAFT, JOURNAL, JournalWorld } from '../../../support/journal-world.js';
import { livesOfLeases } from '../../../support/lives-of-leases.js';
import { SeededRandom } from '../../../support/seeded-random.js';

describe('JournalWriter', () => {
  let world: JournalWorld;
  let store: JournalStateStore;

  beforeEach(async () => {
    world = new JournalWorld();
    store = await world.open();
    world.operations.length = 0;
  });

  function countOf(kind: string): number {
    return world.operations.filter((operation) => operation.kind === kind).length;
  }

  async function failureOf(promise: Promise<unknown>): Promise<unknown> {
    const [outcome] = await Promise.allSettled([promise]);
    return outcome?.status === 'rejected' ? outcome.reason : undefined;
  }

  it('keeps all that is appended in one turn by one write and one sync', async () => {
    await Promise.all([1, 2, 3].map((index) => store.append([granted(index)])));
    expect(world.operations.map(({ kind }) => kind)).to.deep.equal(['write', 'sync-data']);
  });

  it('resolves nothing before the sync is over', async () => {
    let isResolved = false;
    world.decide = ({ kind }) => (kind === 'sync-data' ? new Promise(() => {}) : undefined);
    const written = world.disk.after('write', JOURNAL);
    store.append([granted(1)]).then(
      () => {
        isResolved = true;
      },
      () => {},
    );
    await written;
    await new Promise(setImmediate);
    expect(isResolved).to.equal(false);
  });

  it('gathers while the disk is busy, and keeps it all by the next write', async () => {
    const sync = world.hold(({ kind }) => kind === 'sync-data');
    const first = store.append([granted(1)]);
    await sync.reached;
    const rest = [2, 3, 4].map((index) => store.append([granted(index)]));
    expect(countOf('write')).to.equal(1);
    sync.goOn();
    await Promise.all([first, ...rest]);
    expect([countOf('write'), countOf('sync-data')]).to.deep.equal([2, 2]);
  });

  it('writes a line for each group, numbered one after the other', async () => {
    await store.append([granted(1)]);
    await store.append([ended(1)]);
    const numbers = world.lines().map((line) => /"batch":(\d+)/.exec(line)?.[1]);
    expect(numbers).to.deep.equal([undefined, '1', '2']);
  });

  it('writes nothing for calls without facts', async () => {
    await store.append([]);
    expect(world.operations).to.deep.equal([]);
  });

  it('splits what is too long for a line, each synced before the next is written', async () => {
    world = new JournalWorld({ lineLengthMax: 700 });
    store = await world.open();
    world.operations.length = 0;
    const facts = Array.from({ length: 10 }, (_, index) => granted(index));
    await store.append(facts);
    expect(world.operations.map(({ kind }) => kind)).to.deep.equal(
      Array.from({ length: 3 }, () => ['write', 'sync-data']).flat(),
    );
    expect(Math.max(...world.lines().map((line) => line.length))).to.be.below(800);
    await store.close();
    assertFold(await world.recover(), facts);
  });

  it('writes the rest when the disk takes only some of the bytes', async () => {
    world.decide = () => ({ takeOnly: 10 });
    await store.append([granted(1)]);
    world.disk.losePower();
    assertFold(await world.recover(), [granted(1)]);
  });

  it('refuses facts that no start could read, and writes none of them', async () => {
    const error = await failureOf(store.append([ended(1)]));
    expect(error).to.include({ code: 'write-failed' });
    expect(error).to.have.nested.property('cause.name', 'LedgerError');
    expect(error).to.have.property('message').that.includes('This is a fault in the server');
    expect(countOf('write')).to.equal(0);
  });

  const failures: readonly (readonly [string, string, string, RegExp])[] = [
    ['a full disk', 'write', 'ENOSPC', /ENOSPC.*\. The disk is full\. Make room and start again; /],
    ['a used quota', 'write', 'EDQUOT', /EDQUOT.*\. The disk quota is used up\. Make room and/],
    ['a limit on files', 'write', 'EFBIG', /EFBIG.*\. The file may not grow any more\. Raise/],
    ['a bad disk', 'write', 'EIO', /EIO.*\. Check the disk and start again; everything that was/],
    ['a sync that fails', 'sync-data', 'EIO', /EIO.*\. Check the disk and start again; everything/],
  ];
  for (const [what, failing, failWith, message] of failures) {
    it(`says of ${what} what happened and what to do`, async () => {
      world.decide = deciding({ failWith }, ({ kind }) => kind === failing);
      const error = await failureOf(store.append([granted(1)]));
      expect(error).to.include({ name: 'StateStoreError', code: 'write-failed' });
      expect(error).to.have.property('message').that.match(message);
      expect(error)
        .to.have.property('message')
        .that.match(/^The state file \/data\/state could not/);
      expect(error).to.have.nested.property('cause.code', failWith);
    });
  }

  it('never tries again what could not be synced', async () => {
    world.decide = deciding({ failWith: 'EIO' }, ({ kind }) => kind === 'sync-data');
    const first = failureOf(store.append([granted(1)]));
    const failure = await first;
    world.decide = () => undefined;
    world.operations.length = 0;
    expect(await failureOf(store.append([granted(2)]))).to.equal(failure);
    expect(world.operations).to.deep.equal([]);
  });

  const isWriteToDraft = ({ kind, path }: DiskOperation): boolean =>
    kind === 'write' && path === DRAFT;

  it('begins no compaction when it is closed while it keeps what makes one due', async () => {
    world = new JournalWorld({ compactionMinBytes: 1 });
    store = await world.open();
    world.operations.length = 0;
    const sync = world.hold(({ kind, path }) => kind === 'sync-data' && path === JOURNAL);
    const append = store.append([granted(1)]);
    await sync.reached;
    const closing = store.close();
    sync.goOn();
    await Promise.all([append, closing]);
    await new Promise(setImmediate);
    expect(world.disk.paths).not.to.include(DRAFT);
    expect(world.operations.some(({ path }) => path === DRAFT)).to.equal(false);
  });

  it('starts again behind a line that was torn in the words of a client', async () => {
    await store.append([granted(1)]);
    const torn = granted(2, { requestId: 1, metadata: { sum: '5d1c81a4' } });
    world.decide = deciding(
      { failWith: 'ENOSPC', afterBytes: 233 },
      ({ kind }) => kind === 'write',
    );
    expect(await failureOf(store.append([torn]))).to.include({ code: 'write-failed' });
    expect(world.lines().at(-1)).to.match(/"metadata":\{ ?"sum":"5d1c\w*$/);
    world.decide = () => undefined;
    await store.close();
    assertFold(await world.recover(), [granted(1)]);
  });

  for (const failWith of ['ENOSPC', 'EDQUOT'])
    describe(`drops a compaction rather than fail with ${failWith} for want of the room that its draft takes`, () => {
      beforeEach(async () => {
        world = new JournalWorld({ compactionMinBytes: 1, lineLengthMax: 200 });
        store = await world.open();
      });

      /** From now on the disk is full until the draft is gone. */
      function fillDisk(): void {
        world.decide = deciding({ failWith, afterBytes: 5 }, ({ kind, path }) => {
          return kind === 'write' && path === JOURNAL && world.disk.paths.includes(DRAFT);
        });
      }

      async function assertKept(...indexes: readonly number[]): Promise<void> {
        expect(world.disk.paths).not.to.include(DRAFT);
        expect(world.logged('warn')).to.deep.equal([]);
        world.disk.losePower();
        assertFold(
          await world.recover(),
          indexes.map((index) => granted(index)),
        );
      }

      it('one that is being made', async () => {
        const draft = world.hold(isWriteToDraft);
        await store.append([granted(1)]);
        await draft.reached;
        fillDisk();
        const append = store.append([granted(2)]);
        await new Promise(setImmediate);
        draft.goOn();
        await append;
        await assertKept(1, 2);
      });

      it('one that is ready to be put in place', async () => {
        const draft = world.hold(isWriteToDraft);
        await store.append([granted(1)]);
        await draft.reached;
        const sync = world.hold(({ kind, path }) => kind === 'sync-data' && path === JOURNAL);
        const append = store.append([granted(2), granted(3)]);
        await sync.reached;
        const prepared = world.disk.after('sync-all', DRAFT);
        draft.goOn();
        await prepared;
        await new Promise(setImmediate);
        fillDisk();
        sync.goOn();
        await append;
        await assertKept(1, 2, 3);
      });
    });

  /** Appends call by call until one fails. @returns how many facts had been acknowledged. */
  async function appendAll(calls: readonly (readonly Fact[])[]): Promise<number> {
    let acknowledgedCount = 0;
    for (const facts of calls) {
      if ((await failureOf(store.append(facts))) !== undefined) break;
      acknowledgedCount += facts.length;
    }
    return acknowledgedCount;
  }

  it('loses nothing that it acknowledged, whichever write fails in whichever part', async () => {
    const lives = livesOfLeases(new SeededRandom(7));
    const calls = Array.from({ length: 12 }, (_, call) =>
      Array.from({ length: 1 + (call % 3) }, () => lives.next().value),
    );
    for (let failingWrite = 1; failingWrite <= calls.length; failingWrite += 1) {
      for (const afterBytes of [0, 1, 17, 100, 1000]) {
        world = new JournalWorld();
        store = await world.open();
        let writeCount = 0;
        world.decide = deciding({ failWith: 'ENOSPC', afterBytes }, ({ kind }) => {
          writeCount += kind === 'write' ? 1 : 0;
          return kind === 'write' && writeCount === failingWrite;
        });
        const acknowledgedCount = await appendAll(calls);
        world.disk.losePower(() => afterBytes % 2 === 1);
        assertPrefix(await world.recover(), calls.flat(), acknowledgedCount);
      }
    }
  });

  it('warns if a file cannot be closed, and has kept everything all the same', async () => {
    await store.append([granted(1)]);
    world.decide = deciding({ failWith: 'EIO' }, ({ kind }) => kind === 'close');
    await store.close();
    expect(world.logged('warn')).to.have.length(2);
    world.disk.losePower();
    world.decide = () => undefined;
    assertFold(await world.recover(), [granted(1)]);
  });

  describe('tells those who watch it', () => {
    let heard: string[];

    async function openWith(options: { readonly compactionMinBytes?: number } = {}): Promise<void> {
      heard = [];
      world = new JournalWorld({
        sliceLeases: 2,
        ...options,
        metrics: {
          synced: (ms) => heard.push(ms >= 0 ? 'synced' : 'synced before it began'),
          measured: (bytes) => heard.push(`${bytes} bytes`),
          compacted: (outcome) => heard.push(outcome),
        },
      });
      store = await world.open();
    }

    const sizeNow = (): string => `${world.disk.bytesOf(JOURNAL).length} bytes`;

    it('how long the file is that it opened, and how long after each sync', async () => {
      await openWith();
      expect(heard).to.deep.equal([sizeNow()]);
      await store.append([granted(1)]);
      expect(heard.slice(1)).to.deep.equal(['synced', sizeNow()]);
    });

    it('of no sync that failed', async () => {
      await openWith();
      world.decide = deciding({ failWith: 'EIO' }, ({ kind }) => kind === 'sync-data');
      await failureOf(store.append([granted(1)]));
      expect(heard.slice(1)).to.deep.equal([]);
    });

    it('of a compaction that was done, and how long the file is after it', async () => {
      await openWith({ compactionMinBytes: 1 });
      const replaced = world.disk.after('rename', JOURNAL);
      await store.append([granted(1), granted(2), ended(1)]);
      await replaced;
      await store.close();
      expect(heard.slice(-2)).to.deep.equal(['done', sizeNow()]);
    });

    it('of one that was given up', async () => {
      await openWith({ compactionMinBytes: 1 });
      world.decide = deciding({ failWith: 'EACCES' }, ({ kind, path }) => {
        return kind === 'open' && path === DRAFT;
      });
      await store.append([granted(1)]);
      await store.close();
      expect(heard.filter((line) => /done|given-up/.test(line))).to.deep.equal(['given-up']);
    });

    it('of none that was cancelled, for nothing went wrong', async () => {
      await openWith({ compactionMinBytes: 1 });
      const draft = world.hold(({ kind, path }) => kind === 'write' && path === DRAFT);
      await store.append([granted(1)]);
      await draft.reached;
      const closing = store.close();
      draft.goOn();
      await closing;
      expect(heard.filter((line) => /done|given-up/.test(line))).to.deep.equal([]);
    });
  });
});
