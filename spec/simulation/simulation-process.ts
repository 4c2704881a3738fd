/** Why: seeds are independent of each other, so every core takes its share of them. */
import { simulate } from './simulation.js';

process.on('message', (seeds: readonly number[]) => {
  runAll(seeds).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});

async function runAll(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    process.send?.(await simulate({ seed }));
  }
}
