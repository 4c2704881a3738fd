/**
 * A lock server that keeps its leases in LevelDB. In a clone, after `npm ci`:
 * npx tsx examples/leveldb-state-store/main.ts FOLDER [PORT]
 */
import { once } from 'node:events';
import { startServer } from 'ldlm';
import { LevelDbStateStore } from './leveldb-state-store.js';

const [folder = 'ldlm-leveldb', port = '3144'] = process.argv.slice(2);

const server = await startServer({
  settings: { listenAddress: { host: 'localhost', port: Number(port) } },
  parts: { store: new LevelDbStateStore({ folder }) },
});
const stopAsked = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));

const failure = await Promise.race([server.failure, stopAsked.then(() => undefined)]);
await server.stop();
if (failure !== undefined) {
  throw new Error('The server can no longer keep its leases', { cause: failure });
}
