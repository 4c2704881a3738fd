/**
 * A database that bears ten connections is asked by thirty callers at once. In a clone, after `npm ci`:
 * npx tsx examples/typescript/limited-resource.ts [ADDRESS]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { LdlmClient } from 'ldlm/client';

const [address = process.env.LDLM_ADDRESS ?? 'localhost:3144'] = process.argv.slice(2);
const CONNECTIONS_MAX = 10;
const CALLERS = 30;

/** Breaks if it is asked too much. */
class Database {
  #connections = 0;
  connectionsSeenMost = 0;

  async query(): Promise<void> {
    this.#connections += 1;
    this.connectionsSeenMost = Math.max(this.connectionsSeenMost, this.#connections);
    if (this.#connections > CONNECTIONS_MAX) {
      throw new Error(`the database breaks under ${this.#connections} connections`);
    }
    await sleep(100);
    this.#connections -= 1;
  }
}

const database = new Database();
await using client = new LdlmClient({ addresses: [address] });
// All who use the lock name the same number, in this program and in every other.
const slots = client.semaphore('example/database', CONNECTIONS_MAX);

async function caller(number: number): Promise<void> {
  await slots.withPermit({}, () => database.query());
  console.log(`caller ${number} was answered`);
}

await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index + 1)));
console.log(`The database saw ${database.connectionsSeenMost} connections at once at most`);
