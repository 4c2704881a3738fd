import { once } from 'node:events';
import { createServer, request, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { answerHttpOnTlsPort } from '../../../../adapters/inbound/rest/http-on-tls-port.js';
import { readToEnd } from '../../../support/rest-world.js';
import { clientTls, serverTls } from '../../../support/shared-key-tls.js';

describe('answerHttpOnTlsPort', () => {
  let server: Server;
  let port: number;
  const sockets: Socket[] = [];

  async function start(silenceMaxMs: number): Promise<void> {
    server = createServer(serverTls, (_, response) => response.end('secret'));
    answerHttpOnTlsPort(server, silenceMaxMs);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  }

  async function connected(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  afterEach(() => {
    for (const socket of sockets.splice(0)) {
      socket.destroy();
    }
    server.close();
    server.closeAllConnections();
  });

  for (const method of ['GET', 'POST', 'PRI']) {
    it(`answers ${method} in plain text, whatever else is sent`, async () => {
      await start(10_000);
      const socket = await connected();
      socket.write(`${method} / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`);
      const answer = await readToEnd(socket);
      expect(answer).to.match(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(answer).to.match(/\r\n\r\nClient sent an HTTP request to an HTTPS server\.\n$/);
    });
  }

  it('lets TLS through', async () => {
    await start(10_000);
    const exchange = request({ ...clientTls, host: '127.0.0.1', port, agent: false });
    exchange.end();
    const [response] = await once(exchange, 'response');
    response.setEncoding('utf8');
    expect(await once(response, 'data')).to.deep.equal(['secret']);
  });

  it('leaves what is neither to TLS, which cuts it', async () => {
    await start(10_000);
    const failed = once(server, 'tlsClientError');
    const socket = await connected();
    socket.write(Buffer.alloc(64));
    const [error] = await failed;
    expect(error).to.be.instanceOf(Error);
    await readToEnd(socket);
  });

  it('cuts a connection that is silent', async () => {
    await start(1);
    const socket = await connected();
    expect(await readToEnd(socket)).to.equal('');
  });

  it('minds no connection that ends before its first byte', async () => {
    await start(10_000);
    const accepted = once(server, 'connection');
    const socket = await connected();
    const [seen] = (await accepted) as [Socket];
    const closed = once(seen, 'close');
    socket.destroy();
    await closed;
    expect(seen.destroyed).to.equal(true);
  });
});
