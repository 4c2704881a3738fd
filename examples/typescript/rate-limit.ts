/**
 * Three mails a second and no more, over all programs that send some. In a clone, after `npm ci`:
 * npx tsx examples/typescript/rate-limit.ts [ADDRESS]
 */
import { LdlmClient } from 'ldlm/client';

const [address = process.env.LDLM_ADDRESS ?? 'localhost:3144'] = process.argv.slice(2);
const MAILS = 7;

await using client = new LdlmClient({ addresses: [address] });
// Each mail takes one of three places for a second, and nobody gives one back: it comes free by itself. Those of the last
// mails do so when the client is closed; a program that sends mails on and on stays open.
const limit = client.rateLimit('example/mail', { limit: 3, perMs: 1_000 });

for (let mail = 1; mail <= MAILS; mail += 1) {
  if (!(await limit.tryTake())) {
    console.log(`mail ${mail} waits for its turn`);
    await limit.take();
  }
  console.log(`mail ${mail} is sent`);
}
