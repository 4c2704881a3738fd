/** Why: one figure says nothing on a busy machine; a sample keeps the middle and how far it strayed. */

export interface Sample {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** @param values one or more. */
export function sampleOf(values: readonly number[]): Sample {
  const sorted = [...values].sort((one, other) => one - other);
  return {
    median: percentile(sorted, 50),
    low: percentile(sorted, 0),
    high: percentile(sorted, 100),
  };
}

/** The value that `percent` of them do not exceed. @param sorted one or more, ascending. */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length) - 1;
  const value = sorted[Math.max(0, rank)];
  if (value === undefined) {
    throw new RangeError('nothing was measured');
  }
  return value;
}
