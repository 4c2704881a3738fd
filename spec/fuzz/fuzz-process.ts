/**
 * One target after another in a process of its own, where memory can be measured and whatever nobody catches is
 * heard of. It tells its parent how it goes.
 */
import { type FuzzReport, fuzz } from './fuzz-run.js';
import { PLANTED_TARGETS } from './planted-targets.js';
import { TARGETS } from './targets.js';

export interface FuzzStart {
  /** With the inputs that each is for. */
  readonly targets: readonly { readonly name: string; readonly inputCount: number }[];
  readonly seed: number;
}

export type FuzzMessage =
  | { readonly kind: 'progress'; readonly name: string; readonly doneCount: number }
  | { readonly kind: 'report'; readonly name: string; readonly report: FuzzReport };

const strays: string[] = [];
process.on('uncaughtException', (error) => strays.push(`nobody caught ${error.stack}`));
process.on('unhandledRejection', (reason) =>
  strays.push(`nobody handled ${reason instanceof Error ? reason.stack : String(reason)}`),
);
// Who is gone wants no more of it.
process.on('disconnect', () => process.exit());

const { targets, seed } = JSON.parse(process.argv[2] ?? '{}') as FuzzStart;

function tell(message: FuzzMessage): void {
  process.send?.(message);
}

for (const { name, inputCount } of targets) {
  const target = TARGETS[name] ?? PLANTED_TARGETS[name];
  if (target === undefined) {
    throw new Error(`there is no target ${name}`);
  }
  tell({ kind: 'progress', name, doneCount: 0 });
  const report = await fuzz({
    target,
    seed,
    inputCount,
    strays: () => strays.splice(0),
    onProgress: (doneCount) => tell({ kind: 'progress', name, doneCount }),
  });
  tell({ kind: 'report', name, report });
}
process.disconnect?.();
