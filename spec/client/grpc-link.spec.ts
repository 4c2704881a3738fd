/** What the channel is told; what comes over it, spec/client/ldlm-client.spec.ts shows. */
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { CHANNEL_OPTIONS, grpcLinks, metadataFor } from '../../client/grpc-link.js';
import { UnaryConnection } from '../../client/unary-connection.js';

describe('The client’s channel', () => {
  it('is one connection of its own, which stays without calls, since it may hold locks', () => {
    expect(CHANNEL_OPTIONS).to.include({
      'grpc.use_local_subchannel_pool': 1,
      'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
      'grpc.keepalive_permit_without_calls': 1,
    });
  });

  it('never connects again by itself: the library does so even for a channel that is closed meanwhile', () => {
    expect(CHANNEL_OPTIONS['grpc.initial_reconnect_backoff_ms']).to.be.within(864e5, 2 ** 31 / 1.2);
    expect(CHANNEL_OPTIONS['grpc.max_reconnect_backoff_ms']).to.be.within(864e5, 2 ** 31 / 1.2);
  });

  it('shows a password as it is, and nothing without one', () => {
    expect(metadataFor('se same').getMap()).to.deep.equal({ authorization: 'se same' });
    expect(metadataFor(undefined).getMap()).to.deep.equal({});
  });
});

describe('A connection that is let go of before it came about', () => {
  const access = { credentials: credentials.createInsecure(), password: undefined };
  let server: Http2Server;
  let address: string;
  const open = new Set<ServerHttp2Session>();

  beforeEach(async () => {
    server = createServer();
    server.on('session', (session) => {
      open.add(session);
      session.once('close', () => {
        open.delete(session);
        server.emit('left');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(() => {
    for (const session of open) {
      session.destroy();
    }
    server.close();
  });

  /** Connections are accepted in the order that they were asked for. */
  async function untilNoneIsLeft(): Promise<void> {
    const last = new UnaryConnection({
      address,
      access,
      onOpen: () => last.close(),
      onOver: () => undefined,
    });
    last
      .call({ path: '/a/b', request: Buffer.of(), decode: String }, () => undefined)
      .catch(String);
    do {
      await once(server, 'left');
    } while (open.size > 0);
  }

  it('is not left open by a stream', async () => {
    const onEnd = new Promise((resolve) => {
      grpcLinks(access)(address, { onFrame: () => undefined, onEnd: resolve }).cancel();
    });
    expect(await onEnd).to.include({ code: 1 });
    await untilNoneIsLeft();
  });

  it('is not left open by a single call', async () => {
    const connection = new UnaryConnection({
      address,
      access,
      onOpen: () => undefined,
      onOver: () => undefined,
    });
    const answer = connection
      .call({ path: '/a/b', request: Buffer.of(), decode: String }, () => undefined)
      .catch(({ code }) => code);
    // Its address is asked for first when the call has begun.
    await new Promise(process.nextTick);
    connection.close();
    expect(await answer).to.equal(1);
    await untilNoneIsLeft();
  });
});
