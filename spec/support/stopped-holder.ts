/**
 * Why: a program that holds a lock and is stopped for longer than its lease. It prints `held TOKEN`; at each line on its
 * input it writes to its resource, as a careless program does, and says what a careful one would have known:
 * `write TOKEN believes|knows`.
 */
import { createInterface } from 'node:readline';
import { LdlmClient } from '../../client/ldlm-client.js';

const [address = ''] = process.argv.slice(2);
const client = new LdlmClient({ addresses: [address], recoveryWindowMs: 1_000 });
const lock = await client.lock('resource', { leaseMs: 400 });
process.stdout.write(`held ${lock.fencingToken}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`write ${lock.fencingToken} ${lock.isHeld ? 'believes' : 'knows'}\n`);
}
await client.close();
