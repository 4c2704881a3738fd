/** Why: what is kept takes from a tenth of a millisecond, in a disk's cache, to seconds, on one that is failing. */

/** Seconds. */
export const DISK_BUCKETS: number[] = [
  0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10,
];
