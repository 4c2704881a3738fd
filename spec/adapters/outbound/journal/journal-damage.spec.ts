/**
 * One recorded journal, with facts of every kind and a snapshot in it, cut at every byte and with a bit flipped in every
 * byte: a start gives a state that once was, with all that a later record proves, or refuses and touches nothing.
 */
import { expect } from 'chai';
import type { Fact } from '../../../../domain/facts.js';
import { FOREVER } from '../../../../domain/instant.js';
import { assertFold } from '../../../contracts/recovered-state.js';
import {
  ended,
  granted,
  renewed,
  sessionEnded,
  sessionOpened,
} from '../../../contracts/some-facts.js';
import { JOURNAL, JournalWorld } from '../../../support/journal-world.js';

const ROUNDS = 10;

/** A few lives of sessions and leases: what one append keeps after another. */
function* history(): Generator<readonly Fact[]> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = 10 * round;
    const sessionId = `stream-${round}`;
    const name = `鍵 "${round}"`;
    const by = { sessionId, requestId: 3, heardBelow: 3 };
    yield [sessionOpened(sessionId, { owner: { host: 'a', pid: `${round}` } })];
    yield [granted(first)];
    yield [
      granted(first + 1, { sessionId, requestId: 1, metadata: { why: 'nightly' } }),
      granted(first + 2, { sessionId, requestId: 2, name, leaseMs: FOREVER }),
    ];
    yield [renewed(first, { leaseMs: 60_000 })];
    yield [ended(first + 1, { by })];
    yield [granted(first + 3), granted(first + 4)];
    yield [ended(first + 3, { reason: 'expired' }), granted(first + 5)];
    yield [ended(first + 4, { reason: 'revoked' }), ended(first + 5)];
    if (round % 2 === 0) {
      yield [ended(first + 2, { name, reason: 'session-ended' }), sessionEnded(sessionId)];
    }
  }
}

interface Line {
  /** Of its first byte. */
  readonly at: number;
  /** Behind its end of line. */
  readonly end: number;
  /** Of all that was appended, how many facts stand in the journal up to here; undefined within the snapshot. */
  readonly factCount: number | undefined;
}

interface Recording {
  readonly bytes: Buffer;
  readonly facts: readonly Fact[];
  readonly lines: readonly Line[];
}

/** Small enough for a compaction on the way, and for a snapshot of several lines. */
async function record(): Promise<Recording> {
  const world = new JournalWorld({
    compactionMinBytes: 3_000,
    compactionFactor: 30,
    sliceLeases: 5,
    lineLengthMax: 500,
  });
  const store = await world.open();
  const isCompacted = world.disk.after('rename', JOURNAL);
  const batches = [...history()];
  for (const [index, facts] of batches.entries()) {
    if (index === 30) {
      await isCompacted;
    }
    await store.append(facts);
  }
  await store.close();
  const bytes = world.disk.bytesOf(JOURNAL);
  return { bytes, facts: batches.flat(), lines: linesOf(bytes, batches) };
}

/** Told from the text alone, without what reads journals. */
function linesOf(bytes: Buffer, batches: readonly (readonly Fact[])[]): readonly Line[] {
  const texts = bytes.toString('latin1').split(/(?<=\n)/);
  const records = texts.map((text) => JSON.parse(text) as Record<string, unknown>);
  const firstBatch = records.findIndex(({ batch }) => batch !== undefined);
  let end = 0;
  return texts.map((text, index) => {
    const at = end;
    end += text.length;
    const number = index === firstBatch - 1 ? records[0]?.batches : records[index]?.batch;
    return {
      at,
      end,
      factCount: number === undefined ? undefined : batches.slice(0, Number(number)).flat().length,
    };
  });
}

/** Chai compares byte by byte, which takes as long as the start that it judges: it is asked for the difference alone. */
function assertBytes(found: Buffer, wanted: Buffer): void {
  if (!found.equals(wanted)) {
    expect(found).to.deep.equal(wanted);
  }
}

describe('A recorded journal', function () {
  this.timeout(120_000);
  let recording: Recording;

  before(async () => {
    recording = await record();
  });

  /** What a start says to these bytes. */
  async function start(bytes: Buffer) {
    const world = new JournalWorld();
    world.disk.put(JOURNAL, bytes);
    const [outcome] = await Promise.allSettled([world.recover()]);
    return {
      world,
      ...(outcome as PromiseSettledResult<Awaited<ReturnType<typeof world.recover>>>),
    };
  }

  type Start = Awaited<ReturnType<typeof start>>;

  /** It came up with the first so many of the facts, and cut off what stood behind them, but has that still. */
  function assertPrefix({ world, ...outcome }: Start, bytes: Buffer, line: Line): void {
    if (outcome.status === 'rejected') {
      throw outcome.reason;
    }
    assertFold(outcome.value, recording.facts.slice(0, line.factCount));
    assertBytes(world.disk.bytesOf(JOURNAL), bytes.subarray(0, line.end));
    const asides = world.disk.paths.filter((path) => path.includes('.torn-'));
    if (bytes.length === line.end) {
      expect(asides).to.deep.equal([]);
    } else {
      expect(asides).to.deep.equal([`${JOURNAL}.torn-${line.end}-1`]);
      assertBytes(world.disk.bytesOf(asides[0] ?? ''), bytes.subarray(line.end));
    }
  }

  /** It named this byte, and left everything as it was but for the guard, which is empty. */
  function assertRefusal({ world, ...outcome }: Start, bytes: Buffer, at: number): void {
    expect(outcome.status).to.equal('rejected');
    const { reason } = outcome as PromiseRejectedResult;
    expect(reason).to.have.property('code', 'damaged');
    expect(reason.message).to.include(`damaged at byte ${at}: `);
    expect(world.disk.paths).to.deep.equal([JOURNAL, `${JOURNAL}.lock`]);
    assertBytes(world.disk.bytesOf(JOURNAL), bytes);
    expect(world.disk.bytesOf(`${JOURNAL}.lock`)).to.have.lengthOf(0);
  }

  function lineAt(offset: number): Line {
    return recording.lines.find(({ end }) => offset < end) as Line;
  }

  /** The last line that is whole in so many bytes. */
  function lastWholeLine(length: number): Line | undefined {
    return recording.lines.findLast(({ end }) => end <= length);
  }

  it('holds facts of every kind, behind a snapshot of several lines', () => {
    const { bytes, lines } = recording;
    const inSnapshot = lines.filter(({ factCount }) => factCount === undefined).length;
    expect(inSnapshot).to.be.within(3, 20);
    expect(lines.length).to.be.within(60, 100);
    const behind = bytes.subarray(lines[inSnapshot + 1]?.at).toString();
    for (const sign of [
      ...['lease-granted', 'lease-renewed', 'lease-ended', 'session-opened', 'session-ended'],
      ...[
        '"expired"',
        '"revoked"',
        '"released"',
        '"reason":"session-ended"',
        '"by":',
        '"metadata":',
      ],
      ...['"owner":', '"requestId":', '"leaseMs":null', '鍵'],
    ]) {
      expect(behind).to.include(sign);
    }
  });

  it('cut at any byte is what it was up to its last whole batch, or refused within its snapshot', async () => {
    const { bytes } = recording;
    for (let length = 1; length <= bytes.length; length += 1) {
      const cut = bytes.subarray(0, length);
      const last = lastWholeLine(length);
      const started = await start(cut);
      if (last?.factCount === undefined) {
        assertRefusal(started, cut, last?.end ?? 0);
      } else {
        assertPrefix(started, cut, last);
      }
    }
  });

  it('cut in its batches goes on from there, and no later start finds a trace', async () => {
    const { bytes, facts, lines } = recording;
    const next = granted(777);
    const snapshotEnd = lines.find(({ factCount }) => factCount !== undefined)?.end ?? 0;
    for (let length = snapshotEnd; length <= bytes.length; length += 7) {
      const world = new JournalWorld();
      world.disk.put(JOURNAL, bytes.subarray(0, length));
      const store = await world.open();
      await store.append([next]);
      await store.close();
      const { paths } = world.disk;
      assertFold(await world.recover(), [
        ...facts.slice(0, lastWholeLine(length)?.factCount),
        next,
      ]);
      expect(world.disk.paths).to.deep.equal(paths);
    }
  });

  it('with a bit flipped in any byte is refused there, but for its last batch, which is set aside', async () => {
    const { bytes, lines } = recording;
    const bits = new Set<number>();
    for (let offset = 0; offset < bytes.length; offset += 1) {
      // Eight is no divisor of the period of anything that stands in a line again and again.
      const bit = (offset * 3 + Math.floor(offset / 8)) % 8;
      bits.add(bit);
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset);
      const started = await start(flipped);
      const line = lineAt(offset);
      if (line === lines.at(-1)) {
        assertPrefix(started, flipped, lines.at(-2) as Line);
      } else {
        assertRefusal(started, flipped, line.at);
      }
    }
    expect([...bits].sort()).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('with a bit flipped in its last whole batch is refused for a single byte of the next one', async () => {
    const { bytes, lines } = recording;
    const [damagedLine, next] = lines.slice(-2) as [Line, Line];
    for (let length = next.at + 1; length < next.end; length += 1) {
      const flipped = Buffer.from(bytes.subarray(0, length));
      const offset = damagedLine.at + (length % (damagedLine.end - 1 - damagedLine.at));
      flipped.writeUInt8(bytes.readUInt8(offset) ^ (1 << (length % 8)), offset);
      assertRefusal(await start(flipped), flipped, damagedLine.at);
    }
  });

  it('with a bit flipped in the end of its last whole batch’s line is refused for a single byte of the next one', async () => {
    const { bytes, lines } = recording;
    const [damagedLine, next] = lines.slice(-2) as [Line, Line];
    const offset = damagedLine.end - 1;
    for (let length = next.at + 1; length < next.end; length += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const flipped = Buffer.from(bytes.subarray(0, length));
        flipped.writeUInt8(bytes.readUInt8(offset) ^ (1 << bit), offset);
        assertRefusal(await start(flipped), flipped, damagedLine.at);
      }
    }
  });
});
