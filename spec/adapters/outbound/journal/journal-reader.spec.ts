import { expect } from 'chai';
import fc from 'fast-check';
import {
  type JournalContent,
  readJournal,
} from '../../../../adapters/outbound/journal/journal-reader.js';
import type { Fact } from '../../../../domain/facts.js';
import type { KeptSession } from '../../../../domain/kept-state.js';
import { StateStoreError } from '../../../../ports/outbound/state-store.js';
import { assertFold } from '../../../contracts/recovered-state.js';
import { ended, granted, renewed, sessionEnded } from '../../../contracts/some-facts.js';
import { CrashingFileSystem } from '../../../support/crashing-file-system.js';
import {
  batchLine,
  headerLine,
  sealed,
  sessionsLine,
  snapshotLine,
} from '../../../support/journal-bytes.js';

const PATH = '/data/state';

async function read(...lines: readonly Buffer[]): Promise<JournalContent> {
  const disk = new CrashingFileSystem();
  disk.put(PATH, Buffer.concat(lines));
  return readJournal(await disk.start().open(PATH, 'existing-or-new'), PATH);
}

async function refusal(...lines: readonly Buffer[]): Promise<StateStoreError> {
  const [outcome] = await Promise.allSettled([read(...lines)]);
  if (outcome?.status !== 'rejected') {
    throw new Error('the journal was read');
  }
  expect(outcome.reason).to.be.instanceOf(StateStoreError);
  return outcome.reason as StateStoreError;
}

function assertContent({ ledger }: JournalContent, facts: readonly Fact[]): void {
  const { leases, sessions, fencingToken } = ledger;
  const kept = [...sessions.values()].map((session) => session.copy());
  assertFold({ leases: [...leases.values()], sessions: kept, fencingToken }, facts);
}

/** A journal that was compacted once, its lines and the facts behind each of its batches. */
const snapshotted = [granted(1), granted(2), granted(3)];
const batches = [
  [granted(4), ended(1)],
  [renewed(2, { leaseMs: 5 })],
  [ended(3), granted(5, { name: '鍵' })],
];
const lines = [
  headerLine({ batches: 7, fencingToken: granted(3).fencingToken, leases: 3 }),
  snapshotLine(1, snapshotted.slice(0, 2)),
  snapshotLine(2, snapshotted.slice(2)),
  ...batches.map((facts, index) => batchLine(8 + index, facts)),
];
/** Of the lines that stand before the batches. */
const SNAPSHOT_LINE_COUNT = 3;
const journal = Buffer.concat(lines);
const lineOffsets = lines.map((_, index) => Buffer.concat(lines.slice(0, index)).length);
/** By the number of lines before them. */
const lineEnds = [...lineOffsets, journal.length];
const lastLineAt = lineOffsets.at(-1) ?? 0;

/** With one of the bytes that a flipped bit makes of an end of line. */
function withoutEnd(line: Buffer): Buffer {
  return Buffer.concat([line.subarray(0, -1), Buffer.of(0x0b)]);
}

function factsOf(lineCount: number): readonly Fact[] {
  return [...snapshotted, ...batches.slice(0, lineCount - SNAPSHOT_LINE_COUNT).flat()];
}

describe('readJournal', () => {
  it('folds the snapshot and the batches', async () => {
    assertContent(await read(journal), factsOf(lines.length));
  });

  it('says where the batches begin, and where the last line stands with which number', async () => {
    const { batchNumber, snapshotEnd, end, lastLineAt: at } = await read(journal);
    expect({ batchNumber, snapshotEnd, end, at }).to.deep.equal({
      batchNumber: 10,
      snapshotEnd: lineOffsets[SNAPSHOT_LINE_COUNT],
      end: journal.length,
      at: lastLineAt,
    });
  });

  it('takes the fencing token from the header when no lease has it', async () => {
    const { ledger } = await read(headerLine({ fencingToken: 77 }));
    expect(ledger.fencingToken).to.equal(77);
  });

  it('reads lines that are longer than what it reads at a time', async () => {
    const facts = Array.from({ length: 100 }, (_, index) =>
      granted(index, { name: `${index}-${'x'.repeat(65_536)}` }),
    );
    const end = ended(1, { name: facts[1]?.name ?? '' });
    const content = await read(headerLine(), batchLine(1, facts), batchLine(2, [end]));
    assertContent(content, [...facts, end]);
  });

  it('reads the same however little a disk gives at a time', async () => {
    const disk = new CrashingFileSystem({ decide: () => ({ takeOnly: 7 }) });
    disk.put(PATH, journal);
    const file = await disk.start().open(PATH, 'existing-or-new');
    assertContent(await readJournal(file, PATH), factsOf(lines.length));
  });

  it('gives a prefix of a journal cut in its batches, at whichever byte', async () => {
    for (let cutAt = lineOffsets[SNAPSHOT_LINE_COUNT] ?? 0; cutAt <= journal.length; cutAt += 1) {
      const wholeCount = lineEnds.filter((end) => end <= cutAt).length - 1;
      const content = await read(journal.subarray(0, cutAt));
      assertContent(content, factsOf(wholeCount));
      expect(content.end).to.equal(lineEnds[wholeCount]);
    }
  });

  it('refuses a journal cut before its batches, at whichever byte', async () => {
    for (let cutAt = 1; cutAt < (lineOffsets[SNAPSHOT_LINE_COUNT] ?? 0); cutAt += 1) {
      const wholeCount = lineOffsets.filter((at) => at <= cutAt).length - 1;
      const { message } = await refusal(journal.subarray(0, cutAt));
      expect(message).to.include(`damaged at byte ${lineOffsets[wholeCount]}: `);
    }
  });

  it('refuses a bit flipped in any line but the last, and drops the last for it', async () => {
    for (let bit = 0; bit < journal.length * 8; bit += 1) {
      const flipped = Buffer.from(journal);
      const at = bit >> 3;
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (bit & 7)), at);
      if (at >= lastLineAt) {
        const content = await read(flipped);
        assertContent(content, factsOf(lines.length - 1));
        expect(content.end).to.equal(lastLineAt);
      } else {
        const error = await refusal(flipped);
        const lineAt = lineOffsets.findLast((offset) => offset <= at);
        expect(error.code).to.equal('damaged');
        expect(error.message).to.include(`damaged at byte ${lineAt}: `);
      }
    }
  });

  it('gives a prefix or refuses, whatever bytes stand in the place of others', async () => {
    const change = fc.record({
      at: fc.nat({ max: journal.length - 1 }),
      bytes: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(512))),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, bytes }) => {
        const changed = Buffer.concat([journal]);
        changed.set(bytes.subarray(0, journal.length - at), at);
        const [outcome] = await Promise.allSettled([read(changed)]);
        if (outcome?.status === 'fulfilled') {
          assertContent(outcome.value, factsOf(lineEnds.indexOf(outcome.value.end)));
        } else {
          expect(outcome?.reason).to.have.property('code', 'damaged');
        }
      }),
    );
  });

  describe('takes for the tail of a crash', () => {
    const tails: readonly (readonly [string, Buffer])[] = [
      ['zeros', Buffer.alloc(4096)],
      ['a batch without its end of line', batchLine(11, [ended(5)]).subarray(0, -1)],
      ['a batch whose beginning was lost', batchLine(11, [ended(5)]).fill(0, 0, 32)],
      ['a batch whose middle was lost', batchLine(11, [ended(5)]).fill(0, 32, 64)],
      ['a batch with another byte for its end of line', withoutEnd(batchLine(11, [ended(5)]))],
      ['ends of lines', Buffer.from('\n\n\n')],
      ['more than is read at a time', Buffer.alloc(3_000_000, 'x\n')],
    ];
    for (const [what, tail] of tails) {
      it(what, async () => {
        const content = await read(journal, tail);
        assertContent(content, factsOf(lines.length));
        expect(content.end).to.equal(journal.length);
      });
    }
  });

  it('reads the leases and then the sessions of a snapshot', async () => {
    const { ledger } = await read(
      headerLine({ leases: 1, sessions: 2, fencingToken: granted(1).fencingToken }),
      snapshotLine(1, [granted(1)]),
      sessionsLine(2, [kept('s1', [3, 4])]),
      sessionsLine(3, [kept('s2')]),
      batchLine(1, [sessionEnded('s2')]),
    );
    expect([...ledger.leases.keys()]).to.deep.equal(['key-1']);
    expect([...ledger.sessions.values()].map((session) => session.copy())).to.deep.equal([
      kept('s1', [3, 4]),
    ]);
  });

  describe('takes for damage', () => {
    const [header = Buffer.alloc(0), first = Buffer.alloc(0)] = lines;
    const batch = (number: number): Buffer => batchLine(number, [granted(number)]);
    const rotten = Buffer.from(batch(1)).fill('x', 20, 24);
    const damages: readonly (readonly [string, readonly Buffer[], number, RegExp])[] = [
      ['a bad line before a good one', [headerLine(), rotten, batch(2)], 1, /others follow/],
      [
        'a bad line before a torn one',
        [headerLine(), rotten, batch(2).subarray(0, 30)],
        1,
        /others/,
      ],
      [
        'a bad line before the first byte of another',
        [headerLine(), rotten, Buffer.from('{')],
        1,
        /others/,
      ],
      [
        'a line with another byte for its end before the first byte of another',
        [headerLine(), withoutEnd(batch(1)), Buffer.from('{')],
        1,
        /others/,
      ],
      ['two bad lines at the end', [headerLine(), rotten, rotten], 1, /others follow it/],
      ['zeros before a good line', [headerLine(), Buffer.alloc(99), batch(2)], 1, /others follow/],
      ['a batch missing', [headerLine(), batch(1), batch(3)], 2, /the number 3 in the place of 2/],
      ['a batch twice', [headerLine(), batch(1), batch(1)], 2, /the number 1 in the place of 2/],
      [
        'facts that contradict',
        [headerLine(), batchLine(1, [ended(1)])],
        1,
        /key that holds nothing/,
      ],
      [
        'facts without sense',
        [headerLine(), sealed('"batch":1,"facts":[{}]')],
        1,
        /no fact of type/,
      ],
      ['a key twice in the snapshot', [headerLine({ leases: 2 }), first, first], 2, /cannot stand/],
      [
        'a part of the snapshot missing',
        [header, snapshotLine(2, [])],
        1,
        /number 2 in the place of 1/,
      ],
      ['the snapshot missing', [header], 1, /a part of its snapshot is missing/],
      ['a batch in the snapshot', [header, batch(8)], 1, /a batch cannot stand there/],
      [
        'more leases than were announced',
        [headerLine({ leases: 1 }), first],
        1,
        /more than its header/,
      ],
      [
        'more sessions than were announced',
        [headerLine({ sessions: 1 }), sessionsLine(1, [kept('s1'), kept('s2')])],
        1,
        /more than its header/,
      ],
      [
        'a session twice in the snapshot',
        [headerLine({ sessions: 2 }), sessionsLine(1, [kept('s1'), kept('s1')])],
        1,
        /"s1" is opened twice/,
      ],
      ['sessions missing', [headerLine({ sessions: 1 })], 1, /a part of its snapshot is missing/],
      [
        'the end of a session that is not open',
        [headerLine(), batchLine(1, [sessionEnded('s1')])],
        1,
        /"s1", which is not open/,
      ],
      ['a second header', [headerLine(), headerLine()], 1, /neither a part of a snapshot nor/],
      ['no header', [batch(1)], 0, /"batches" is not a count/],
    ];
    for (const [what, damagedLines, lineNumber, why] of damages) {
      it(what, async () => {
        const error = await refusal(...damagedLines);
        const offset = Buffer.concat(damagedLines.slice(0, lineNumber)).length;
        expect(error.code).to.equal('damaged');
        expect(error.message).to.match(why);
        expect(error.message).to.include(`state file ${PATH} is damaged at byte ${offset}: `);
        expect(error.message).to.include('Nothing was changed.');
      });
    }
  });

  describe('refuses as no journal', () => {
    const strangers: readonly (readonly [string, Buffer])[] = [
      ['the state file of the Go server', Buffer.from('\x01$2ce80fb6-81ed-4f95-9d01-6c2a4f1f0b9e')],
      ['a text', Buffer.from('lock: a\n')],
      ['other JSON', Buffer.from('{"locks":[]}\n')],
      ['zeros', Buffer.alloc(5000)],
    ];
    for (const [what, bytes] of strangers) {
      it(what, async () => {
        const { code, message } = await refusal(bytes);
        expect(code).to.equal('unavailable');
        expect(message).to.equal(
          `The state file ${PATH} cannot be used: it is not a journal of this server. ` +
            'Name another file, or a new one.',
        );
      });
    }

    it('one of a version to come', async () => {
      const { code, message } = await refusal(sealed('"journal":"ldlm","version":2'));
      expect(code).to.equal('unavailable');
      expect(message).to.include('its format is version 2, and this server reads version 1');
    });
  });
});

function kept(sessionId: string, releases: readonly number[] = []): KeptSession {
  return { sessionId, recoveryMs: 1_000, at: 0, releases };
}
