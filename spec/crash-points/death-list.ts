/** Why: the moments at which a server is made to die. The spec sees to it that no step of its life is left out. */
import type { CrashPoint, Moment, Step } from './crash-point.js';
import type { Seed } from './seeds.js';

export interface Death {
  readonly seed: Seed;
  readonly at: CrashPoint;
  /** Where the one dies that is started after it. */
  readonly next?: CrashPoint;
}

const AROUND: readonly Moment[] = ['before', 'after'];
const AROUND_AND_IN: readonly Moment[] = ['before', 'halfway', 'after'];

function deaths(
  seed: Seed,
  moments: readonly Moment[],
  steps: readonly `${Step} ${number}`[],
): readonly Death[] {
  return steps.flatMap((step) =>
    moments.map((moment): Death => ({ seed, at: `${moment} ${step}` })),
  );
}

/** A journal comes into being. */
const CREATION: readonly Death[] = [
  ...deaths('nothing', AROUND, ['open journal 1', 'close journal 1', 'open guard 1']),
  ...deaths('nothing', AROUND, ['open draft 1']),
  ...deaths('nothing', AROUND_AND_IN, ['write draft 1']),
  ...deaths('nothing', AROUND, ['sync draft 1', 'rename draft 1', 'sync folder 1']),
  ...deaths('nothing', AROUND, ['close journal 3']),
];

/** A journal is opened that was closed in order. */
const OPENING: readonly Death[] = [
  ...deaths('kept', ['before'], ['unlink draft 1', 'open journal 2']),
  ...deaths('kept', AROUND_AND_IN, ['write journal 1']),
  ...deaths('kept', AROUND, ['sync journal 1']),
  ...deaths('kept', AROUND, ['open folder 1', 'sync folder 1', 'close folder 1']),
];

/** What a crash has torn is set aside. */
const TEAR: readonly Death[] = [
  ...deaths('torn', AROUND, ['open torn-tail 1']),
  ...deaths('torn', AROUND_AND_IN, ['write torn-tail 1']),
  ...deaths('torn', AROUND, ['sync torn-tail 1', 'close torn-tail 1', 'sync folder 1']),
  ...deaths('torn', AROUND, ['truncate journal 1', 'sync journal 1']),
];

/** Batches are kept: the first one, and another. */
const APPENDS: readonly Death[] = [
  ...deaths('kept', AROUND_AND_IN, ['write journal 2', 'write journal 14']),
  ...deaths('kept', AROUND, ['datasync journal 1', 'datasync journal 20']),
];

const ANSWERS: readonly Death[] = [
  ...deaths('kept', AROUND, ['respond answer 1', 'write answer 1', 'write answer 6']),
  ...deaths('kept', AROUND, ['trailers answer 1', 'trailers answer 7', 'close answer 5']),
  ...deaths('kept', AROUND, ['respond frame 1', 'write frame 1', 'write frame 2']),
  ...deaths('kept', AROUND, ['write frame 9']),
];

const COMPACTION: readonly Death[] = [
  ...deaths('great', ['before'], ['unlink draft 2']),
  ...deaths('great', AROUND, ['open draft 1']),
  // The header, some of the leases, and a batch that came meanwhile.
  ...deaths('great', AROUND_AND_IN, ['write draft 1', 'write draft 3', 'write draft 5']),
  ...deaths('great', AROUND, ['datasync draft 1', 'sync draft 1', 'sync draft 2']),
  ...deaths('great', AROUND, ['rename draft 1', 'sync folder 2', 'close old-journal 1']),
  // Behind it, in the new file.
  ...deaths('great', AROUND_AND_IN, ['write journal 28']),
  ...deaths('great', AROUND, ['datasync journal 28']),
];

/** A stop in order. */
const STOP: readonly Death[] = [
  ...deaths('kept', AROUND, ['trailers frame 1', 'close frame 1']),
  ...deaths('kept', AROUND, ['close journal 2', 'close guard 1']),
];

/** The one that mends what another left dies over it. */
const RECOVERY: readonly Death[] = [
  { seed: 'nothing', at: 'halfway write draft 1', next: 'before unlink draft 1' },
  { seed: 'nothing', at: 'halfway write draft 1', next: 'after unlink draft 1' },
  { seed: 'nothing', at: 'before rename draft 1', next: 'after rename draft 1' },
  { seed: 'nothing', at: 'after rename draft 1', next: 'halfway write journal 1' },
  { seed: 'kept', at: 'halfway write journal 9', next: 'halfway write torn-tail 1' },
  { seed: 'kept', at: 'halfway write journal 9', next: 'before truncate journal 1' },
  { seed: 'kept', at: 'halfway write journal 9', next: 'after truncate journal 1' },
  { seed: 'kept', at: 'after write journal 9', next: 'halfway write journal 1' },
  { seed: 'great', at: 'halfway write draft 3', next: 'after unlink draft 1' },
  { seed: 'great', at: 'before rename draft 1', next: 'before sync journal 1' },
  { seed: 'great', at: 'after rename draft 1', next: 'after write journal 1' },
];

export const DEATHS: readonly Death[] = [
  ...[...CREATION, ...OPENING, ...TEAR, ...APPENDS],
  ...[...ANSWERS, ...COMPACTION, ...STOP, ...RECOVERY],
];
