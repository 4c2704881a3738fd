import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { RestConnections } from '../../../../adapters/inbound/rest/rest-connections.js';

class FakeSocket extends EventEmitter {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort = 5;
  readonly localPort = 3145;
  destroyed = false;
  isReadPaused = false;

  constructor(readonly localAddress = '127.0.0.1') {
    super();
  }

  isPaused(): boolean {
    return this.isReadPaused;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function begin(
  connections: RestConnections,
  socket: FakeSocket,
  { complete = true, writableEnded = false } = {},
): { readonly mayGoOn: boolean; end(): void } {
  const response = Object.assign(new EventEmitter(), { writableEnded });
  const request = { socket, complete };
  const mayGoOn = connections.begin(
    request as unknown as IncomingMessage,
    response as unknown as ServerResponse,
  );
  return { mayGoOn, end: () => void response.emit('close') };
}

describe('RestConnections', () => {
  let connections: RestConnections;

  beforeEach(() => {
    connections = new RestConnections();
  });

  function opened(): FakeSocket {
    const socket = new FakeSocket();
    connections.add(socket as unknown as Socket);
    return socket;
  }

  function isFree(socket: FakeSocket): boolean {
    return connections.isFree(socket as unknown as Socket);
  }

  it('has a connection free but from a request to the end of its answer', () => {
    const socket = opened();
    expect(isFree(socket)).to.equal(true);
    const { end } = begin(connections, socket);
    expect(isFree(socket)).to.equal(false);
    end();
    expect(isFree(socket)).to.equal(true);
  });

  it('has a connection free while its request is still coming', () => {
    const socket = opened();
    begin(connections, socket, { complete: false });
    expect(isFree(socket)).to.equal(true);
  });

  it('has no connection free that has ended, or has not come to terms', () => {
    const socket = opened();
    socket.destroy();
    expect([isFree(socket), isFree(new FakeSocket())]).to.deep.equal([false, false]);
  });

  it('cuts a connection that is owed 100 answers and asks again', () => {
    const socket = opened();
    const exchanges = Array.from({ length: 100 }, () => begin(connections, socket));
    expect(exchanges.every(({ mayGoOn }) => mayGoOn)).to.equal(true);
    expect(socket.destroyed).to.equal(false);
    expect(begin(connections, socket).mayGoOn).to.equal(false);
    expect(socket.destroyed).to.equal(true);
  });

  for (const [writableEnded, mayGoOn] of [
    [false, false],
    [true, true],
  ] as const) {
    const what = mayGoOn ? 'only slow to read its answers' : 'deaf behind a request that waits';
    it(`${mayGoOn ? 'leaves' : 'cuts'} a connection that is ${what}`, () => {
      const socket = opened();
      begin(connections, socket, { writableEnded });
      socket.isReadPaused = true;
      expect(begin(connections, socket).mayGoOn).to.equal(mayGoOn);
      expect(socket.destroyed).to.equal(!mayGoOn);
    });
  }

  it('takes any number of requests that are answered', () => {
    const socket = opened();
    for (let times = 0; times < 1_000; times += 1) {
      begin(connections, socket).end();
    }
    expect(begin(connections, socket).mayGoOn).to.equal(true);
  });

  it('cuts those that are owed nothing', () => {
    const [idle, busy] = [opened(), opened()];
    begin(connections, busy);
    connections.destroyIdle();
    expect([idle.destroyed, busy.destroyed]).to.deep.equal([true, false]);
  });

  it('cuts all', () => {
    const [idle, busy] = [opened(), opened()];
    begin(connections, busy);
    connections.destroyAll();
    expect([idle.destroyed, busy.destroyed]).to.deep.equal([true, true]);
  });

  describe('under TLS', () => {
    let carrier: FakeSocket;

    beforeEach(() => {
      carrier = new FakeSocket();
      connections.addCarrier(carrier as unknown as Socket);
    });

    for (const cut of ['destroyIdle', 'destroyAll'] as const) {
      it(`cuts those that have not come to terms (${cut})`, () => {
        connections[cut]();
        expect(carrier.destroyed).to.equal(true);
      });
    }

    it('cuts one that came back by the port of one that has ended since', () => {
      const again = new FakeSocket();
      connections.addCarrier(again as unknown as Socket);
      carrier.destroy();
      connections.destroyIdle();
      expect(again.destroyed).to.equal(true);
    });

    it('leaves to their TLS those that have', () => {
      begin(connections, opened());
      connections.destroyIdle();
      expect(carrier.destroyed).to.equal(false);
    });

    it('takes one that came to terms for no other to another address of the server', () => {
      const other = new FakeSocket('10.0.0.1');
      connections.addCarrier(other as unknown as Socket);
      opened();
      connections.destroyIdle();
      expect([carrier.destroyed, other.destroyed]).to.deep.equal([false, true]);
    });
  });

  it('takes no request of a connection that has ended', () => {
    const socket = opened();
    socket.destroy();
    expect(begin(connections, socket).mayGoOn).to.equal(false);
  });
});
