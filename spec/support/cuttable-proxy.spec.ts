/** Sees the wire that specs cut do what they rely on: nothing is lost but what they have it lose. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { CuttableProxy } from './cuttable-proxy.js';

describe('CuttableProxy', () => {
  let echo: Server;
  let proxy: CuttableProxy;
  let client: Socket;
  /** Delays that were asked for, each ended by a call. */
  let delays: { readonly ms: number; readonly end: () => void }[];
  let asked: () => void;

  beforeEach(async () => {
    delays = [];
    asked = () => undefined;
    echo = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(echo, 'listening');
    const pass = (ms: number) =>
      new Promise<void>((end) => {
        delays.push({ ms, end });
        asked();
      });
    proxy = await CuttableProxy.start(`127.0.0.1:${(echo.address() as AddressInfo).port}`, pass);
    client = await open();
    // Through to the server, so that the next connection there is the next one here.
    client.write('-');
    await read(client, 1);
  });

  afterEach(async () => {
    client.destroy();
    await proxy.stop();
    echo.close();
  });

  async function open(): Promise<Socket> {
    const [host, port] = proxy.address.split(':');
    const socket = connect(Number(port), host);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** By an error or not. */
  function untilClosed(socket: Socket): Promise<void> {
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
  }

  async function untilDelays(count: number): Promise<void> {
    while (delays.length < count) {
      await new Promise<void>((resolve) => {
        asked = resolve;
      });
    }
  }

  async function read(socket: Socket, length: number): Promise<string> {
    let text = '';
    while (text.length < length) {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      text += bytes;
    }
    return text;
  }

  /** Round trips past the proxy, of which each takes as long as one through it would. */
  async function untilEcho(text: string): Promise<string> {
    const socket = connect((echo.address() as AddressInfo).port, '127.0.0.1');
    for (let trip = 0; trip < 20; trip += 1) {
      socket.write(text);
      await read(socket, text.length);
    }
    socket.destroy();
    return text;
  }

  it('passes bytes on, both ways', async () => {
    client.write('a');
    expect(await read(client, 1)).to.equal('a');
  });

  it('passes all on in order once its delay is over, also when what came later had a shorter one', async () => {
    proxy.delay(250);
    client.write('a');
    await untilDelays(1);
    proxy.delay(0);
    client.write('b');
    await untilDelays(2);
    delays[1]?.end();
    delays[0]?.end();
    expect(await read(client, 2)).to.equal('ab');
    expect(delays.map(({ ms }) => ms)).to.deep.equal([250, 0]);
  });

  it('brings what a black hole swallowed through once that is over, on wires of before and of then', async () => {
    proxy.blackhole();
    const later = await open();
    client.write('a');
    later.write('b');
    const all = Promise.all([read(client, 1), read(later, 1)]);
    expect(await Promise.race([all, untilEcho('c')])).to.equal('c');
    proxy.restore();
    expect(await all).to.deep.equal(['a', 'b']);
    later.destroy();
  });

  it('has a client whose wire is swallowed by a black hole hear of no end', async () => {
    const accepted = once(echo, 'connection') as Promise<[Socket]>;
    const other = await open();
    const [server] = await accepted;
    proxy.blackhole();
    const closed = untilClosed(other).then(() => 'closed');
    server.resetAndDestroy();
    expect(await Promise.race([closed, untilEcho('c')])).to.equal('c');
    proxy.restore();
    expect(await closed).to.equal('closed');
  });

  it('cuts what a black hole swallows, and swallows no more', async () => {
    proxy.blackhole();
    client.write('a');
    const closed = untilClosed(client);
    proxy.cut();
    await closed;
    client = await open();
    client.write('b');
    expect(await read(client, 1)).to.equal('b');
  });
});
