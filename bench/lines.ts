/** Why: the lines that there are, in the order of the table. */
import type { BenchLine } from './bench-line.js';
import { bytes } from './bytes.js';
import { domain } from './domain.js';
import { etcd } from './etcd.js';
import { flatness } from './flatness.js';
import { handOver } from './hand-over.js';
import { journal } from './journal.js';
import { loopDelay } from './loop-delay.js';
import { peers } from './peers.js';
import { start } from './start.js';
import { unary } from './unary.js';

export const lines: Readonly<Record<string, BenchLine>> = {
  peers,
  etcd,
  unary,
  domain,
  journal,
  flatness,
  bytes,
  'hand-over': handOver,
  start,
  'loop-delay': loopDelay,
};
