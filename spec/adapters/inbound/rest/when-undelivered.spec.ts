import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { whenUndelivered } from '../../../../adapters/inbound/rest/when-undelivered.js';

/** More than the system takes from a writer whose reader does not read. */
const LARGE = 'x'.repeat(32 * 1024 * 1024);

/** A request that has come, and what is known of its answer. */
interface Exchange {
  readonly response: ServerResponse;
  isUndone: boolean;
  /** Settles once the answer is over, one way or the other. */
  over: Promise<unknown>;
}

describe('whenUndelivered', () => {
  let server: Server;
  let client: Socket;
  let exchanges: Exchange[];

  beforeEach(async () => {
    exchanges = [];
    server = createServer((request: IncomingMessage, response: ServerResponse) => {
      const exchange: Exchange = { response, isUndone: false, over: new Promise(() => undefined) };
      whenUndelivered(request, response, () => {
        exchange.isUndone = true;
      });
      exchange.over = new Promise((resolve) => {
        response.once('close', resolve);
        request.socket.once('close', resolve);
      });
      exchanges.push(exchange);
      server.emit('exchange');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    await once(client, 'connect');
  });

  afterEach(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });

  async function ask(count: number): Promise<readonly Exchange[]> {
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count));
    while (exchanges.length < count) {
      await once(server, 'exchange');
    }
    return exchanges;
  }

  it('does not undo what the system has taken', async () => {
    const [first] = await ask(1);
    first?.response.end('small');
    await first?.over;
    expect(first?.isUndone).to.equal(false);
  });

  it('does not undo an answer after which its connection ends', async () => {
    const [first] = await ask(1);
    first?.response.setHeader('Connection', 'close').end('small');
    await Promise.all([first?.over, once(client.resume(), 'close')]);
    expect(first?.isUndone).to.equal(false);
  });

  it('does not undo what was delivered before its connection was cut', async () => {
    const [first, second] = await ask(2);
    first?.response.end('small');
    await first?.over;
    client.resetAndDestroy();
    await second?.over;
    expect([first?.isUndone, second?.isUndone]).to.deep.equal([false, true]);
  });

  for (const [title, cut] of [
    ['ends its connection', () => client.end()],
    ['vanishes', () => client.destroy()],
    ['resets its connection', () => client.resetAndDestroy()],
  ] as const) {
    it(`undoes what was not answered when the client ${title}`, async () => {
      const [first] = await ask(1);
      cut();
      await first?.over;
      expect(first?.isUndone).to.equal(true);
    });

    it(`undoes every answer that is owed when the client ${title}`, async () => {
      const owed = await ask(3);
      cut();
      await Promise.all(owed.map(({ over }) => over));
      expect(owed.map(({ isUndone }) => isUndone)).to.deep.equal([true, true, true]);
    });
  }

  it('undoes an answer that queued behind another when the client vanishes', async () => {
    const [, second] = await ask(2);
    second?.response.end('small');
    client.destroy();
    await second?.over;
    expect(second?.isUndone).to.equal(true);
  });

  for (const [title, cut] of [
    ['vanishes', () => client.destroy()],
    ['resets its connection', () => client.resetAndDestroy()],
  ] as const) {
    it(`undoes an answer that was taken in part when the client ${title}`, async () => {
      const [first] = await ask(1);
      client.pause();
      first?.response.end(LARGE);
      cut();
      await first?.over;
      expect(first?.isUndone).to.equal(true);
    });
  }

  it('undoes an answer that was taken in part when the server cuts', async () => {
    const [first] = await ask(1);
    client.pause();
    first?.response.end(LARGE);
    server.closeAllConnections();
    await first?.over;
    expect(first?.isUndone).to.equal(true);
  });

  it('undoes at once what is to be answered to a client that has gone', async () => {
    const [first] = await ask(1);
    client.destroy();
    await first?.over;
    const socket = { destroyed: true } as Socket;
    const response = first?.response as ServerResponse;
    let isUndone = false;
    whenUndelivered({ socket } as IncomingMessage, response, () => {
      isUndone = true;
    });
    expect(isUndone).to.equal(true);
  });
});
