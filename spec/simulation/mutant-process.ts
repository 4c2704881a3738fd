/** Why: runs in the copy that has the planted fault, and prints how it shows: a seed and a violation, or null. */
import type { SeedsToTry } from './mutant-trial.js';
import { simulate } from './simulation.js';

const { seedsMax, first } = JSON.parse(process.argv[2] ?? '') as SeedsToTry;

async function firstViolation(): Promise<{ seed: number; violation: string } | null> {
  const all = Array.from({ length: seedsMax }, (_, index) => index + 1);
  for (const seed of first === undefined ? all : [first, ...all]) {
    const { violations } = await simulate({ seed });
    const [violation] = violations;
    if (violation !== undefined) {
      return { seed, violation };
    }
  }
  return null;
}

console.log(JSON.stringify(await firstViolation()));
