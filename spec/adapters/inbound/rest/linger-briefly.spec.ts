import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { lingerBriefly } from '../../../../adapters/inbound/rest/linger-briefly.js';

describe('lingerBriefly', () => {
  it('cuts a client that goes on talking', async () => {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    client.on('error', () => undefined);
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const closed = once(accepted, 'close');
    accepted.end('the last word');
    lingerBriefly(accepted);
    const talk = () => client.write('more', (error) => error ?? setImmediate(talk));
    talk();
    await closed;
    client.destroy();
    server.close();
  });
});
