/**
 * Why: a server that is down for a while gets its port back. A port that the system hands out may by then be some client's own
 * end, even that of the client which tries to reach the server: these are below those.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Linux hands out those from 32768 on. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** @returns a port of 127.0.0.1 that was free a moment ago. */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    const server = createServer().listen({ host: '127.0.0.1', port });
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
