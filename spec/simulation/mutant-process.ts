/** Why: runs in the copy that has the planted fault, and prints how it shows: a seed and a violation, or null. */
import { simulate } from './simulation.js';

const seedsMax = Number(process.argv[2]);

async function firstViolation(): Promise<{ seed: number; violation: string } | null> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violations } = await simulate({ seed });
    const [violation] = violations;
    if (violation !== undefined) {
      return { seed, violation };
    }
  }
  return null;
}

console.log(JSON.stringify(await firstViolation()));
