/**
 * Why: a server that is down for a while, or stands by, gets its port when it comes to listen. A port that the system hands out may
 * by then be some client's own end, even that of the client which tries to reach the server: these are below those. And no
 * two specs are given the same one, whatever processes they run in: clients of a server that stands by would come to a
 * stranger's, and be told of other locks.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Linux hands out those from 32768 on. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const HOST = '127.0.0.1';

/** Each keeps a port from other specs, by the port of the same number for datagrams, until this process ends. */
const claims: Socket[] = [];

/** @returns a port of 127.0.0.1 that nobody listens on, and that is given to nobody else as long as this process lives. */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if ((await isFree(port)) && (await claim(port))) {
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ host: HOST, port });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** @returns whether it is this caller's from now on, and no other's of any process. */
export async function claim(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  socket.bind(port, HOST);
  try {
    await once(socket, 'listening');
  } catch {
    socket.close();
    return false;
  }
  claims.push(socket);
  return true;
}
