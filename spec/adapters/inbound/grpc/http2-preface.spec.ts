import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { readPreface, type Spoken } from '../../../../adapters/inbound/grpc/http2-preface.js';

describe('readPreface', () => {
  let server: Server;
  let client: Socket;
  let accepted: Socket;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    client.on('error', () => undefined);
    [accepted] = (await once(server, 'connection')) as [Socket];
  });

  afterEach(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });

  /** What the server takes the client to speak, with a bound that plays no part. */
  function spoken(timeoutMs = 60_000): Promise<Spoken> {
    return new Promise((resolve) => readPreface(accepted, timeoutMs, resolve));
  }

  it('recognises HTTP/2 and puts every byte back for the library', async () => {
    const bytes = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore');
    client.write(bytes);
    expect(await spoken()).to.equal('http2');
    expect(accepted.read()).to.deep.equal(bytes);
  });

  it('waits for the rest of a preface that arrives in pieces', async () => {
    const outcome = spoken();
    client.write('PRI');
    await once(accepted, 'readable');
    client.write(' * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(await outcome).to.equal('http2');
    expect(String(accepted.read())).to.equal('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  });

  it('answers an HTTP/1 request in HTTP/1 and ends the connection', async () => {
    client.write('POST /v1/lock HTTP/1.1\r\nHost: localhost\r\n\r\n{}');
    const outcome = spoken();
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(await outcome).to.equal('http1');
    expect(String(answer)).to.match(/^HTTP\/1\.1 505 [\s\S]*Use a gRPC client\.\n$/);
    await once(client, 'close');
  });

  for (const [what, bytes] of [
    ['one byte of garbage', Buffer.from([0])],
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01])],
    ['a line that is no request', Buffer.from('HELO example.org\r\n')],
  ] as const) {
    it(`cuts a connection that begins with ${what}`, async () => {
      client.write(bytes);
      expect(await spoken()).to.equal('unknown');
      expect(accepted.destroyed).to.equal(true);
    });
  }

  it('cuts a connection that says nothing for as long as it may', async () => {
    expect(await spoken(20)).to.equal('nothing');
    expect(accepted.destroyed).to.equal(true);
  });

  it('cuts a connection that has begun the preface, however lately it said something', async () => {
    const outcome = spoken(20);
    client.write('PRI * HTTP/2.0');
    await once(accepted, 'readable');
    // Not a silence is bounded, but the whole.
    expect(accepted.timeout ?? 0).to.equal(0);
    expect(await outcome).to.equal('nothing');
  });

  it('cuts an HTTP/1 client that was answered and does not hang up', async () => {
    const clinging = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    const [other] = (await once(server, 'connection')) as [Socket];
    readPreface(other, 60_000, () => undefined);
    clinging.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(clinging.resume(), 'end');
    clinging.on('error', () => undefined);
    const talk = () => clinging.write('a', (error) => error ?? setImmediate(talk));
    talk();
    await once(other, 'close');
    clinging.destroy();
  });

  it('tells of a connection that closes before it says anything', async () => {
    const outcome = spoken();
    client.destroy();
    expect(await outcome).to.equal('nothing');
  });

  const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

  /** What a peer is taken to speak that sends these pieces, one a turn, and then ends. */
  async function spokenIn(
    pieces: readonly Uint8Array[],
  ): Promise<{ spoken: Spoken; left: Buffer }> {
    const unread = [...pieces];
    const socket = new Duplex({
      allowHalfOpen: false,
      read: () => void setImmediate(() => socket.push(unread.shift() ?? null)),
      write: (_chunk, _encoding, done) => done(),
    });
    const outcome = await new Promise<Spoken>((resolve) =>
      readPreface(socket as Socket, 60_000, resolve),
    );
    const left: Buffer[] = [];
    if (outcome === 'http2') {
      for await (const chunk of socket) {
        left.push(chunk as Buffer);
      }
    }
    return { spoken: outcome, left: Buffer.concat(left) };
  }

  function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
    const ordered = [...new Set([0, ...places, bytes.length])]
      .filter((place) => place <= bytes.length)
      .sort((one, other) => one - other);
    return ordered.slice(1).map((end, index) => bytes.subarray(ordered[index], end));
  }

  it('puts every byte back however the preface and what follows are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 60 }),
        fc.array(fc.nat(80)),
        async (rest, places) => {
          const bytes = Buffer.concat([PREFACE, rest]);
          expect(await spokenIn(cutAt(bytes, places))).to.deep.equal({
            spoken: 'http2',
            left: bytes,
          });
        },
      ),
    );
  });

  it('takes nothing else for HTTP/2, however like it', async () => {
    const anyStart = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.nat(23), fc.nat(255)).map(([place, byte]) => {
        const bytes = Buffer.from(PREFACE);
        bytes[place] = byte;
        return bytes;
      }),
      fc.nat(23).map((length) => PREFACE.subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(
        anyStart.filter((bytes) => bytes.indexOf(PREFACE) !== 0),
        fc.array(fc.nat(60)),
        async (bytes, places) => {
          const { spoken: taken } = await spokenIn(cutAt(bytes, places));
          expect(taken).to.be.oneOf(['http1', 'unknown', 'nothing']);
        },
      ),
    );
  });
});
