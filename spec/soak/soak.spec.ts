/** The soak of `npm run soak` in small: the same server, load and troubles, for some hundreds of locks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { ProcessLines } from '../support/process-lines.js';
import { SpecFolder } from '../support/server-process.js';
import { type Sample, SoakCourse, type SoakReport } from './soak-course.js';
import {
  growthOf,
  leftoversOf,
  RISE_BYTES_MAX,
  riseOf,
  STATE_FILE_BYTES_MAX,
} from './soak-verdict.js';
import type { ServerFigures } from './soaked-server-process.js';

const SAMPLES = 8;
const GRANTS_PER_SAMPLE = 25;

describe('A soaked server', function () {
  this.timeout(180_000);

  it('that was killed and stopped with its clients has nothing left when all are gone', async () => {
    const events: string[] = [];
    let granted = 0;
    const report = await new SoakCourse({
      seed: 11,
      recoveryWindowMs: 1_000,
      sampleCount: SAMPLES,
      // Each asks a process, and waits for its answer.
      untilNext: async (grantCount) => {
        granted += GRANTS_PER_SAMPLE;
        while ((await grantCount()) < granted);
      },
      // Each takes the time of an answer. What is left after so many is told.
      looksMax: 100_000,
      untilNextLook: async () => undefined,
      tell: ({ event }) => events.push(event),
    }).run();
    expect(leftoversOf(report)).to.deep.equal([]);
    expect(events.filter((event) => event !== '')).to.deep.equal([
      'server killed',
      'server stopped',
      'server killed',
      'clients killed',
    ]);
  });
});

describe('npm run soak', function () {
  this.timeout(60_000);

  it('leaves no folder when it is interrupted', async () => {
    const place = new SpecFolder();
    const foldersThere = () =>
      readdirSync(place.path).filter((name) => name.startsWith('ldlm-soak-'));
    const child = spawn(process.execPath, ['--import', 'tsx', 'spec/soak/soak.ts'], {
      env: { ...process.env, TMPDIR: place.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    await new ProcessLines(child, [child.stdout]).until(/seed/);
    expect(foldersThere()).to.have.lengthOf(1);
    child.kill('SIGINT');
    expect(await exit).to.deep.equal([null, 'SIGINT']);
    expect(foldersThere()).to.deep.equal([]);
    place.remove();
  });
});

const FIGURES: ServerFigures = {
  rssBytes: 100_000_000,
  keptBytes: 20_000_000,
  leaseCount: 0,
  waiterCount: 0,
  sessionCount: 0,
  lockCount: 0,
  socketCount: 0,
  fileDescriptorCount: 20,
  timerCount: 2,
  handleCount: 5,
  stateFileBytes: 100,
};

/** A soak of two hundred locks a sample, with nothing against it. */
function reportOf(
  change: (index: number) => Partial<ServerFigures> = () => ({}),
  rest: Partial<SoakReport> = {},
): SoakReport {
  const samples = Array.from({ length: 20 }, (_, index): Sample => {
    const figures = { ...FIGURES, ...change(index) };
    return { atMs: index * 1_000, event: '', grantCount: index * 200, figures };
  });
  return {
    before: FIGURES,
    samples,
    halfway: 10,
    after: FIGURES,
    lostCount: 0,
    violations: [],
    ...rest,
  };
}

describe('leftoversOf', () => {
  it('has nothing against a server that is as it was', () => {
    expect(leftoversOf(reportOf())).to.deep.equal([]);
  });

  for (const figure of [
    'leaseCount',
    'waiterCount',
    'sessionCount',
    'socketCount',
    'timerCount',
  ] as const) {
    it(`tells a ${figure} that is one too many when all are gone`, () => {
      const after = { ...FIGURES, [figure]: FIGURES[figure] + 1 };
      expect(leftoversOf(reportOf(undefined, { after })).join()).to.match(
        new RegExp(`^${figure} is \\d+ when all are gone, \\d+ at first$`),
      );
    });
  }

  it('tells a state file that is not compacted', () => {
    const change = (index: number) =>
      index === 5 ? { stateFileBytes: STATE_FILE_BYTES_MAX + 1 } : {};
    expect(leftoversOf(reportOf(change))).to.match(/^the state file was/);
  });

  it('tells a rule that was broken, and an idle run', () => {
    const report = reportOf(undefined, { samples: [], violations: ['two holders'] });
    expect(leftoversOf(report)).to.deep.equal([
      'a rule was broken: two holders',
      'an idle run: 0 locks were granted',
    ]);
  });
});

describe('growthOf', () => {
  const grown = (bytesPerSample: number) => (index: number) => ({
    keptBytes: FIGURES.keptBytes + index * bytesPerSample,
  });

  it('bears what comes and goes', () => {
    const change = (index: number) => ({
      keptBytes: FIGURES.keptBytes + (index % 2) * RISE_BYTES_MAX.keptBytes,
    });
    expect(growthOf(reportOf(change))).to.deep.equal([]);
  });

  it('tells memory that rises in the second half', () => {
    expect(growthOf(reportOf(grown(300_000)))).to.match(/^keptBytes rose by 2700000/);
    expect(growthOf(reportOf(grown(100_000)))).to.deep.equal([]);
  });

  it('tells memory that is kept when all are gone', () => {
    const after = { ...FIGURES, keptBytes: FIGURES.keptBytes + 9 * 1_048_576 };
    expect(growthOf(reportOf(undefined, { after }))).to.match(/^9437184 bytes are kept/);
  });
});

describe('riseOf', () => {
  it('is what a line through the figures rises', () => {
    const { samples } = reportOf((index) => ({ keptBytes: 1_000 + index * 10 }));
    expect(riseOf(samples, 'keptBytes')).to.be.closeTo(190, 0.001);
  });
});
