import { expect } from 'chai';
import type { JournalStateStore } from '../../../../adapters/outbound/journal/journal-state-store.js';
import type { Fact } from '../../../../domain/facts.js';
import type { KeptSession } from '../../../../domain/kept-state.js';
import { assertFold, assertPrefix } from '../../../contracts/recovered-state.js';
import {
  ended,
  granted,
  renewed,
  sessionEnded,
  sessionOpened,
} from '../../../contracts/some-facts.js';
import type { DiskOperation, Survives } from '../../../support/crashing-file-system.js';
import { deciding, DRAFT, JOURNAL, JournalWorld } from '../../../support/journal-world.js';
import { livesOfLeases } from '../../../support/lives-of-leases.js';
import { SeededRandom } from '../../../support/seeded-random.js';

/** Small enough that a few facts are compacted, in several slices. */
const SMALL = { compactionMinBytes: 800, sliceLeases: 2, lineLengthMax: 300 };

const isOfDraft = ({ path }: DiskOperation): boolean => path === DRAFT;
const isWriteToDraft = (operation: DiskOperation): boolean =>
  isOfDraft(operation) && operation.kind === 'write';

describe('JournalCompaction', () => {
  let world: JournalWorld;
  let store: JournalStateStore;

  beforeEach(async () => {
    world = new JournalWorld(SMALL);
    store = await world.open();
    world.operations.length = 0;
  });

  /** Enough for one compaction, with four leases that live. */
  const manyFacts = [granted(1), granted(2), granted(3), granted(4), granted(5), ended(2)];

  function whenReplaced(): Promise<void> {
    return world.disk.after('rename', JOURNAL).then(() => world.disk.after('sync-folder', '/data'));
  }

  it('writes the journal anew when it has grown enough, from its leases alone', async () => {
    const replaced = whenReplaced();
    await store.append(manyFacts);
    await replaced;
    await store.close();
    const types = world.lines().map((line) => /"(version|snapshot|batch)"/.exec(line)?.[1]);
    expect(types).to.deep.equal(['version', 'snapshot', 'snapshot']);
    assertFold(await world.recover(), manyFacts);
  });

  describe('with stream sessions', () => {
    const by = { sessionId: 's1', requestId: 7, heardBelow: 1 };
    const facts = [
      sessionOpened('s1', { owner: { host: 'h' } }),
      sessionOpened('s2'),
      sessionOpened('s3'),
      granted(1, { sessionId: 's1', requestId: 5 }),
      granted(2, { sessionId: 's2', requestId: 1, metadata: { purpose: 'p' } }),
      ended(1, { by }),
      sessionEnded('s3'),
    ];

    it('writes them behind the leases, with their releases, and counts them in the header', async () => {
      const replaced = whenReplaced();
      await store.append(facts);
      await replaced;
      await store.close();
      const [header = '', ...lines] = world.lines();
      expect(header).to.include('"leases":1,"sessions":2');
      expect(lines.map((line) => /"(leases|sessions)":/.exec(line)?.[1])).to.deep.equal([
        'leases',
        'sessions',
      ]);
      assertFold(await world.recover(), facts);
    });

    it('writes them as they were when it began, and what came of them since behind', async () => {
      const draft = world.hold(isWriteToDraft);
      await store.append(facts);
      await draft.reached;
      const since = [
        ended(2, { by: { ...by, requestId: 8, heardBelow: 8 } }),
        sessionEnded('s2'),
        sessionOpened('s4'),
      ];
      await store.append(since);
      const replaced = whenReplaced();
      draft.goOn();
      await replaced;
      await store.close();
      const sessions = world.lines().find((line) => line.includes('"sessions":['));
      expect(sessions).to.include('"s1"').and.to.include('"s2"').and.not.to.include('"s4"');
      expect(sessions).to.include('"releases":[7]');
      assertFold(await world.recover(), [...facts, ...since]);
    });
  });

  it('leaves the journal as it is until then', async () => {
    await store.append([granted(1), granted(2)]);
    await store.append([ended(1)]);
    await store.close();
    expect(world.operations.some(isOfDraft)).to.equal(false);
  });

  it('waits for a journal to grow by as much as its snapshot takes', async () => {
    const held = Array.from({ length: 30 }, (_, index) => granted(index));
    const replaced = whenReplaced();
    await store.append(held);
    await replaced;
    world.operations.length = 0;
    const snapshotLength = world.disk.bytesOf(JOURNAL).length;
    const replacedAgain = whenReplaced();
    let isEarly = true;
    for (let index = 0; isEarly; index += 1) {
      await store.append([renewed(index % 30, { leaseMs: index })]);
      isEarly = !world.operations.some(isOfDraft);
    }
    expect(world.disk.bytesOf(JOURNAL).length).to.be.within(2 * snapshotLength, 3 * snapshotLength);
    await replacedAgain;
  });

  it('keeps the numbers of batches over it', async () => {
    const replaced = whenReplaced();
    await store.append([granted(1)]);
    await store.append(manyFacts.slice(1));
    await replaced;
    await store.append([granted(9)]);
    const [header = '', ...others] = world.lines();
    const batches = Number(/"batches":(\d+)/.exec(header)?.[1]);
    expect(batches).to.be.above(1);
    expect(others.at(-1)).to.include(`"batch":${batches + 1},`);
  });

  it('goes on where it was after a start', async () => {
    const replaced = whenReplaced();
    await store.append(manyFacts);
    await replaced;
    await store.close();
    store = await world.open();
    await store.append([granted(9)]);
    await store.close();
    assertFold(await world.recover(), [...manyFacts, granted(9)]);
  });

  it('says at debug what it did', async () => {
    const replaced = whenReplaced();
    await store.append(manyFacts);
    const bytesBefore = world.disk.bytesOf(JOURNAL).length;
    await replaced;
    await store.close();
    const bytes = world.disk.bytesOf(JOURNAL).length;
    expect(world.logged('debug')).to.deep.equal([
      `Compacted ${JOURNAL} from ${bytesBefore} to ${bytes} bytes`,
    ]);
  });

  it('takes the place of a draft that was left behind', async () => {
    world.disk.put(DRAFT, Buffer.from('left behind'));
    const replaced = whenReplaced();
    await store.append(manyFacts);
    await replaced;
    world.disk.losePower();
    assertFold(await world.recover(), manyFacts);
  });

  it('has what is appended and acknowledged while it is made', async () => {
    const calls: Fact[][] = [];
    const draft = world.hold(isWriteToDraft);
    await store.append(manyFacts);
    await draft.reached;
    for (const facts of [[ended(1)], [renewed(3, { leaseMs: 3 })], [granted(6), ended(4)]]) {
      await store.append(facts);
      calls.push(facts);
    }
    const replaced = whenReplaced();
    draft.goOn();
    await replaced;
    await store.append([ended(5)]);
    world.disk.losePower();
    assertFold(await world.recover(), [...manyFacts, ...calls.flat(), ended(5)]);
  });

  it('copies what came meanwhile before it makes anyone wait', async () => {
    const draft = world.hold(isWriteToDraft);
    await store.append(manyFacts);
    await draft.reached;
    const long = Array.from({ length: 10 }, (_, index) =>
      granted(100 + index, { name: `${index}${'x'.repeat(65_536)}` }),
    );
    await store.append(long);
    const synced = world.disk.after('sync-all', DRAFT);
    const replaced = whenReplaced();
    draft.goOn();
    await synced;
    expect(world.disk.bytesOf(DRAFT).length).to.be.above(650_000);
    await replaced;
    world.disk.losePower();
    assertFold(await world.recover(), [...manyFacts, ...long]);
  });

  it('passes over what was renewed meanwhile, in turns of its own', async () => {
    world = new JournalWorld({ ...SMALL, sliceLeases: 1 });
    store = await world.open();
    const indexes = Array.from({ length: 100 }, (_, index) => index);
    const renewals = indexes.slice(0, 99).map((index) => renewed(index, { leaseMs: index }));
    let isRenewed: Promise<void> | undefined;
    world.decide = async (operation) => {
      if (isOfDraft(operation) && operation.kind === 'write') {
        isRenewed ??= store.append(renewals);
        await isRenewed;
      }
      return undefined;
    };
    const replaced = whenReplaced();
    const facts = indexes.map((index) => granted(index));
    await store.append(facts);
    await replaced;
    world.disk.losePower();
    assertFold(await world.recover(), [...facts, ...renewals]);
  });

  it('stops when the store is closed, which waits for that and leaves nothing behind', async () => {
    const draft = world.hold(isWriteToDraft);
    await store.append(manyFacts);
    await draft.reached;
    const closing = store.close();
    const turn = new Promise((resolve) => setImmediate(resolve, 'not yet'));
    expect(await Promise.race([closing, turn])).to.equal('not yet');
    draft.goOn();
    await closing;
    expect(world.disk.paths).to.deep.equal([JOURNAL, `${JOURNAL}.lock`]);
    expect(world.logged('warn')).to.deep.equal([]);
    assertFold(await world.recover(), manyFacts);
  });

  describe('leaves the store as it was if it fails', () => {
    const failures: readonly (readonly [string, DiskOperation['kind'], string])[] = [
      ['to make its draft', 'open', 'EACCES'],
      ['to write it', 'write', 'ENOSPC'],
      ['to sync it', 'sync-all', 'EIO'],
    ];
    for (const [what, kind, failWith] of failures) {
      it(what, async () => {
        world.decide = deciding({ failWith }, (operation) => {
          return isOfDraft(operation) && operation.kind === kind;
        });
        const removed = world.disk.after('unlink', DRAFT);
        await store.append(manyFacts);
        await (kind === 'open' ? undefined : removed);
        await store.append([granted(9)]);
        await store.close();
        expect(world.disk.paths).not.to.include(DRAFT);
        expect(world.logged('warn')).to.have.length(1);
        expect(world.logged('warn')[0]).to.match(
          /^The state file \/data\/state could not be compacted: \w+: .*; this is tried again/,
        );
        assertFold(await world.recover(), [...manyFacts, granted(9)]);
      });
    }

    it('and tries again only when the journal has grown by as much again', async () => {
      world.decide = deciding({ failWith: 'EACCES' }, (operation) => {
        return isOfDraft(operation) && operation.kind === 'open';
      });
      await store.append(manyFacts);
      await store.append([granted(10)]);
      const attempts = (): number =>
        world.operations.filter((operation) => isOfDraft(operation) && operation.kind === 'open')
          .length;
      expect(attempts()).to.equal(1);

      await store.append([11, 12, 13, 14, 15].map((index) => granted(index)));
      await store.append([granted(16)]);
      expect(attempts()).to.equal(2);
    });
  });

  it('is not put in place any more when the store has failed meanwhile', async () => {
    const draft = world.hold(isWriteToDraft);
    await store.append(manyFacts);
    await draft.reached;
    world.decide = deciding({ failWith: 'EIO' }, ({ kind }) => kind === 'sync-data');
    await Promise.allSettled([store.append([granted(9)])]);
    world.operations.length = 0;
    draft.goOn();
    await world.disk.after('sync-all', DRAFT);
    await new Promise(setImmediate);
    await store.close();
    expect(world.operations.map(({ kind }) => kind)).not.to.include('rename');
    expect(world.disk.paths).not.to.include(DRAFT);
  });

  describe('ends the store when nobody knows which file a crash would leave', () => {
    for (const kind of ['rename', 'sync-folder'] as const) {
      it(`since the ${kind} failed`, async () => {
        const failed = new Promise<void>((resolve) => {
          world.decide = (operation) => {
            if (operation.kind !== kind) return undefined;
            resolve();
            return { failWith: 'EIO' };
          };
        });
        await store.append(manyFacts);
        await failed;
        const [late] = await Promise.allSettled([store.append([granted(9)])]);
        expect(late).to.have.nested.property('reason.code', 'write-failed');
        await store.close();

        world.decide = () => undefined;
        for (const survives of [true, false]) {
          world.disk.losePower(() => survives);
          assertFold(await world.recover(), manyFacts);
        }
      });
    }
  });

  describe('loses nothing that was acknowledged', () => {
    const lives = livesOfLeases(new SeededRandom(3));
    const calls = Array.from({ length: 60 }, (_, call) =>
      Array.from({ length: 1 + (call % 3) }, () => lives.next().value),
    );

    /**
     * Appends the calls, three under way at a time. Ends with them, at a failure, or at
     * `interrupted`.
     */
    async function load(interrupted: Promise<void>): Promise<{ acknowledgedCount: number }> {
      const progress = { acknowledgedCount: 0 };
      const store = world.newStore();
      const work = async (): Promise<void> => {
        await store.open();
        const appends: Promise<void>[] = [];
        for (const facts of calls) {
          const append = store.append(facts).then(() => {
            progress.acknowledgedCount += facts.length;
          });
          append.catch(() => {});
          appends.push(append);
          await appends.at(-3);
        }
        await Promise.all(appends);
        await store.close();
      };
      await Promise.allSettled([Promise.race([work(), interrupted])]);
      return progress;
    }

    const NEVER = new Promise<void>(() => {});

    /** After whatever happened: a start, one more fact, and another loss of power. */
    async function assertKept(acknowledgedCount: number): Promise<void> {
      assertPrefix(await world.recover(), calls.flat(), acknowledgedCount);
      const more = granted(9999);
      const next = world.newStore();
      const before = await next.open();
      await next.append([more]);
      world.disk.losePower();
      const { sessions, ...after } = await world.recover();
      expect(sessions.map(releasesOf)).to.have.members(before.sessions.map(releasesOf));
      assertFold({ ...after, sessions: [] }, [...before.leases.map(grantOf), more]);
    }

    const releasesOf = ({ sessionId, releases }: KeptSession): string =>
      `${sessionId} ${releases.join()}`;

    const grantOf = (lease: object): Fact => ({ type: 'lease-granted', ...lease }) as Fact;

    async function operationCount(): Promise<number> {
      world = new JournalWorld(SMALL);
      await load(NEVER);
      expect(world.logged('debug').length).to.be.above(1);
      return world.operations.length;
    }

    const crashes: readonly (readonly [
      string,
      (world: JournalWorld, survives: Survives) => void,
    ])[] = [
      ['the process is killed', ({ disk }) => disk.killAll()],
      ['the power goes with all that was not synced', ({ disk }) => disk.losePower(() => false)],
      ['the power goes after all was written', ({ disk }) => disk.losePower(() => true)],
      ['the power goes and leaves a part', ({ disk }, survives) => disk.losePower(survives)],
    ];
    for (const [what, crash] of crashes) {
      it(`when ${what}, before whichever operation`, async () => {
        const count = await operationCount();
        const random = new SeededRandom(11);
        for (let operation = 1; operation <= count; operation += 1) {
          world = new JournalWorld(SMALL);
          const interrupted = world.interruptAt(
            () => world.operations.length === operation,
            () => crash(world, () => random.below(2) === 0),
          );
          const { acknowledgedCount } = await load(interrupted);
          await assertKept(acknowledgedCount);
        }
      });
    }

    for (const survives of [true, false]) {
      const kept = survives ? 'all' : 'nothing';
      it(`when whichever operation fails, and then the power, with ${kept} kept`, async () => {
        const count = await operationCount();
        for (let operation = 1; operation <= count; operation += 1) {
          world = new JournalWorld(SMALL);
          world.decide = deciding({ failWith: 'EIO', afterBytes: 20 }, () => {
            return world.operations.length === operation;
          });
          const { acknowledgedCount } = await load(NEVER);
          world.decide = () => undefined;
          world.disk.losePower(() => survives);
          await assertKept(acknowledgedCount);
        }
      });
    }
  });
});
