/**
 * Every replica of a service runs this; one leads, the others stand by. In a clone, after `npm ci`, in two terminals:
 * npx tsx examples/typescript/primary-and-secondary.ts [ADDRESS [SECONDS]]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LdlmClient } from 'ldlm/client';

const [address = process.env.LDLM_ADDRESS ?? 'localhost:3144', seconds = '5'] =
  process.argv.slice(2);
const me = `replica ${process.pid}`;

// The window is how long a broken connection may last, and how long after a crash the next replica takes over.
const client = new LdlmClient({ addresses: [address], name: me, recoveryWindowMs: 1_000 });

try {
  console.log(`${me} is a secondary and waits`);
  const leadership = await client.elect('example/primary');
  console.log(`${me} is the primary, with fencing token ${leadership.fencingToken}`);

  for (let second = 1; second <= Number(seconds); second += 1) {
    // Whatever a primary waits for, it stops waiting the moment that it may not be the primary any more.
    await sleep(1_000, undefined, { signal: leadership.signal }).catch(() => undefined);
    leadership.signal.throwIfAborted();
    console.log(`${me} works`);
  }

  await leadership.resign();
  console.log(`${me} has resigned`);
} catch (error) {
  console.error(`${me} stops: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await client.close();
}
