/** Why: what is measured and its yardstick take turns, so that a noisy minute falls on both of them. */
import { type Sample, sampleOf } from './sample.js';

export interface Comparison {
  readonly measured: Sample;
  readonly yardstick: Sample;
  /** Measured by yardstick, each round for itself. */
  readonly ratio: Sample;
  /** Measured less yardstick, each round for itself. */
  readonly difference: Sample;
}

/** One trial, which gives its figure. */
export type Trial = () => number | Promise<number>;

/** Runs both once unmeasured, for the compiler's sake, and then in turns: A B A B ... */
export async function sideBySide(
  roundCount: number,
  trials: { readonly measured: Trial; readonly yardstick: Trial },
): Promise<Comparison> {
  await trials.measured();
  await trials.yardstick();
  const measured: number[] = [];
  const yardstick: number[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    measured.push(await trials.measured());
    yardstick.push(await trials.yardstick());
  }
  return compare(measured, yardstick);
}

/** @param measured round by round, as `yardstick` is. */
export function compare(measured: readonly number[], yardstick: readonly number[]): Comparison {
  const rounds = measured.map((figure, round) => [figure, yardstick[round] ?? Number.NaN] as const);
  return {
    measured: sampleOf(measured),
    yardstick: sampleOf(yardstick),
    ratio: sampleOf(rounds.map(([figure, beside]) => figure / beside)),
    difference: sampleOf(rounds.map(([figure, beside]) => figure - beside)),
  };
}
