/**
 * Two lock servers on one etcd: the one that leads is killed under a client, and the other goes on. Needs etcd 3.4 or later on PATH
 * (Debian: apt-get install etcd-server), and nothing else running. In a clone, after `npm ci`:
 * npx tsx examples/failover/main.ts
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LdlmClient } from 'ldlm/client';
import { LockServer, startEtcd } from './lock-service.js';

const LOCK = 'example/failover';
const folder = mkdtempSync(join(tmpdir(), 'ldlm-failover-'));
process.on('exit', () =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }),
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(1));
}

/** Seconds since then, for people. */
function since(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;
}

function expectThat(isSo: boolean, what: string): void {
  if (!isSo) {
    throw new Error(`it is not so that ${what}`);
  }
}

const { etcd, address } = await startEtcd(folder);
console.log(`etcd runs (process ${etcd.pid})`);
const first = await LockServer.start('server 1', address);
await first.untilLeading();
console.log(`${first.name} (process ${first.pid}) leads`);
const second = await LockServer.start('server 2', address);
await second.untilStandingBy();
console.log(`${second.name} (process ${second.pid}) stands by`);

const addresses = [first.address, second.address];
const client = new LdlmClient({ addresses, name: 'holder' });
const other = new LdlmClient({ addresses, name: 'other' });

const lock = await client.lock(LOCK, { leaseMs: 30_000 });
console.log(`The client holds a lock, with fencing token ${lock.fencingToken}`);

let reconnection = once(client, 'connected');
const killedAt = performance.now();
await first.end('SIGKILL');
console.log(`${first.name} is killed with -9`);
await second.untilLeading();
console.log(`${second.name} leads after ${since(killedAt)}`);
await reconnection;
expectThat(lock.isHeld && !lock.signal.aborted, 'the lock is held');
console.log(`The client is back and holds its lock still, with fencing token ${lock.fencingToken}`);
expectThat((await other.tryLock(LOCK)) === null, 'nobody else is granted it');
console.log('Nobody else is granted it');

first.startAgain();
await first.untilStandingBy();
console.log(`${first.name} (process ${first.pid}) is started again and stands by`);

reconnection = once(client, 'connected');
const stoppedAt = performance.now();
const stopped = second.end('SIGTERM');
await first.untilLeading();
console.log(`${second.name} stops in order, and ${first.name} leads after ${since(stoppedAt)}`);
await Promise.all([stopped, reconnection]);
expectThat(lock.isHeld, 'the lock is held');
console.log(`The client holds its lock still, with fencing token ${lock.fencingToken}`);

await lock.release();
const next = await other.lock(LOCK);
expectThat((next.fencingToken ?? 0) > (lock.fencingToken ?? 0), 'fencing tokens grow');
console.log(`Released; the next holder has fencing token ${next.fencingToken}, which is greater`);

await Promise.all([client.close(), other.close()]);
await first.end('SIGTERM');
await etcd.end('SIGTERM');
console.log('All have stopped');
