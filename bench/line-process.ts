/** Why: one line of the benchmark alone in a process, so that no line runs on what the compiler learnt from another. */
import type { BenchLine, Scale } from './bench-line.js';
import { answerParent } from './child-program.js';
import { lines } from './lines.js';

answerParent(({ line, scale }: { readonly line: string; readonly scale: Scale }) => ({
  rows: () => (lines[line] as BenchLine)(scale),
}));
