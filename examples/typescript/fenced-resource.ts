/**
 * A writer sleeps past the end of its lease, and its late write is refused. In a clone, after `npm ci`:
 * npx tsx examples/typescript/fenced-resource.ts [ADDRESS]
 */
import { LdlmClient } from 'ldlm/client';

const [address = process.env.LDLM_ADDRESS ?? 'localhost:3144'] = process.argv.slice(2);

/** It keeps the greatest token with the data, in one transaction where there are such. */
class Store {
  #greatestToken = 0;

  /** @returns whether it was written. The same token may come again: a holder writes as often as it likes. */
  write(text: string, token: number): boolean {
    if (token < this.#greatestToken) {
      console.log(`The store refuses "${text}": token ${token} after ${this.#greatestToken}`);
      return false;
    }
    this.#greatestToken = token;
    console.log(`The store takes "${text}" with token ${token}`);
    return true;
  }
}

const store = new Store();
await using first = new LdlmClient({ addresses: [address], name: 'first writer' });
await using second = new LdlmClient({ addresses: [address], name: 'second writer' });

const stale = await first.lock('example/store', { leaseMs: 1_000, renew: false });
store.write('first', stale.fencingToken);
console.log('The first writer falls asleep, for longer than its lease');

// Waits for a second: until the lease of the sleeper is over.
const current = await second.lock('example/store', { leaseMs: 30_000 });
store.write('second', current.fencingToken);

console.log('The first writer wakes, and writes as if nothing had happened');
if (store.write('stale', stale.fencingToken)) {
  throw new Error('the store took a stale write');
}
await current.release();
