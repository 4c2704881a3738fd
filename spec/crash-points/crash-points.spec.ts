/** The real server killed by SIGKILL before, in and after each step that it takes with its files and its answers: nothing it said is unsaid. */
import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import type { Step } from './crash-point.js';
import { stepsOf, tryDeath } from './crash-trial.js';
import { type Death, DEATHS } from './death-list.js';

/** So many servers live at once. */
const PARALLEL_MAX = Math.min(4, availableParallelism());

const trials = new Map<Death, Promise<void>>();

/** Begins the next trials along with this one. */
function trialOf(death: Death): Promise<void> {
  const at = DEATHS.indexOf(death);
  for (const next of DEATHS.slice(at, at + PARALLEL_MAX)) {
    if (!trials.has(next)) {
      const trial = tryDeath(next);
      // Whoever comes to it is told.
      trial.catch(() => undefined);
      trials.set(next, trial);
    }
  }
  return trials.get(death) as Promise<void>;
}

describe('A server that is killed', function () {
  this.timeout(120_000);

  after(() => Promise.allSettled(trials.values()));

  it('is killed before and after each of its steps', async () => {
    const lives: Step[] = [];
    for (const seed of ['nothing', 'kept', 'torn', 'great'] as const) {
      lives.push(...(await stepsOf(seed)));
    }
    const points: readonly string[] = DEATHS.flatMap(({ at, next = at }) => [at, next]).map(
      (point) => point.replace(/ \d+$/, ''),
    );
    const missing = [...new Set(lives)].flatMap((step) =>
      [`before ${step}`, `after ${step}`].filter((point) => !points.includes(point)),
    );
    expect(missing).to.deep.equal([]);
  });

  for (const death of DEATHS) {
    const { seed, at, next } = death;
    const then = next === undefined ? '' : `, and the next one ${next}`;
    it(`${at}${then} has kept its word (${seed})`, () => trialOf(death));
  }
});
