/**
 * Why: a client in a process of its own, which may be stopped and killed at any instant. It is told what to do by lines of
 * JSON; each line that it reports is in its parent's hands before it goes on, so that no death swallows what was asked.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SeededRandom } from '../support/seeded-random.js';
import { type ReportedLine, sharedNow } from './reported-line.js';
import { type LockTerms, ReportingClient } from './reporting-client.js';

export interface ClientStart {
  readonly addresses: readonly string[];
  readonly name: string;
  readonly isUnary: boolean;
  readonly recoveryWindowMs: number;
  readonly seed: number;
}

export type ClientCommand =
  | { readonly kind: 'turns'; readonly count: number }
  | { readonly kind: 'park'; readonly terms: LockTerms }
  | { readonly kind: 'letGo' | 'close' };

function report(line: ReportedLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const { seed, ...start } = JSON.parse(process.argv[2] ?? '') as ClientStart;
const client = new ReportingClient({ ...start, random: new SeededRandom(seed), report });

async function obey(command: ClientCommand): Promise<void> {
  switch (command.kind) {
    case 'turns':
      client.takeTurns(command.count);
      break;
    case 'park':
      report({
        kind: 'parked',
        isHeld: (await client.park(command.terms)) !== undefined,
        at: sharedNow(),
      });
      break;
    case 'letGo':
      await client.letGo();
      break;
    case 'close':
      await client.close();
      process.stdin.destroy();
      break;
    default:
      command satisfies never;
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    obey(JSON.parse(line) as ClientCommand).catch((error: unknown) =>
      report({ kind: 'wrong', what: String(error), at: sharedNow() }),
    );
  })
  // Nobody is there any more to tell it to.
  .on('close', () => process.exit());
report({ kind: 'ready', at: sharedNow() });
