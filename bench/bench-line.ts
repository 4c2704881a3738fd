/** Why: what a line of the benchmark gets, and what it gives to the table. */
import type { Sample } from './sample.js';

export interface Scale {
  /** A look rather than a measurement: fewer rounds, fewer locks. */
  readonly isQuick: boolean;
  /** For files; removed when the run is over. */
  readonly folder: string;
}

export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly yardstick: string;
  /** Measured by yardstick. */
  readonly ratio?: Sample;
  readonly aim?: Aim;
}

export interface Aim {
  readonly text: string;
  readonly isMet: boolean;
  /** What stands in its way when it is missed, as far as the run itself can tell. */
  readonly limit?: string;
}

/** One question to the server's speed or size. It runs in a process of its own. */
export type BenchLine = (scale: Scale) => Promise<readonly Row[]>;
