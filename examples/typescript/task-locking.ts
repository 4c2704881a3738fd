/**
 * Workers share tasks: each is done once, by whoever is there first. In a clone, after `npm ci`, in two terminals:
 * npx tsx examples/typescript/task-locking.ts [ADDRESS [FOLDER [WORK_SECONDS]]]
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LdlmClient } from 'ldlm/client';

const [
  address = process.env.LDLM_ADDRESS ?? 'localhost:3144',
  folder = join(tmpdir(), 'ldlm-example-tasks'),
  workSeconds = '0.5',
] = process.argv.slice(2);
const me = `worker ${process.pid}`;

/** What is to be done; a task whose file is in the folder is done. */
const tasks = ['report-1', 'report-2', 'report-3', 'report-4'];
const fileOf = (task: string): string => join(folder, task);

async function perform(task: string, signal: AbortSignal): Promise<void> {
  // Looked at under the lock: somebody may have finished the task since it was found undone.
  if (!existsSync(fileOf(task))) {
    console.log(`${me} begins ${task}`);
    // It stops working, and fails, if it loses the lock meanwhile.
    await sleep(Number(workSeconds) * 1_000, undefined, { signal });
    writeFileSync(fileOf(task), `${me}\n`, { flag: 'a' });
    console.log(`${me} has done ${task}`);
  }
}

await using client = new LdlmClient({ addresses: [address], name: me, recoveryWindowMs: 1_000 });
mkdirSync(folder, { recursive: true });
let undone = tasks;
while (undone.length > 0) {
  for (const task of undone) {
    const outcome = await client.runTask(`example/${task}`, {}, (lock) =>
      perform(task, lock.signal),
    );
    if (!outcome.ran) {
      console.log(`${me} leaves ${task} to somebody else`);
    }
  }
  undone = tasks.filter((task) => !existsSync(fileOf(task)));
  // Whoever is at the rest may die before it is done: look again.
  await sleep(undone.length > 0 ? 500 : 0);
}
console.log(`All tasks are done; see ${folder}`);
