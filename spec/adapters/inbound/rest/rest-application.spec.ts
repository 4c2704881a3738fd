import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import {
  type RestRequest,
  type RestResponse,
  RestWorld,
  type RestWorldClient,
  type RestWorldOptions,
  SESSION_IDLE_MS,
} from '../../../support/rest-world.js';
import { serverTls } from '../../../support/shared-key-tls.js';

const password = { authorization: `Basic ${Buffer.from(':secret').toString('base64')}` };
const unknownToken = '0'.repeat(32);

function codeOf({ body }: RestResponse): unknown {
  return (JSON.parse(body) as { code?: unknown }).code;
}

describe('restApplication', () => {
  let world: RestWorld;

  async function start(options: RestWorldOptions = {}): Promise<RestWorld> {
    world = await RestWorld.start(options);
    return world;
  }

  /** Opens a session as one that keeps cookies. @returns its cookie as such a client sends it. */
  async function cookie(): Promise<string> {
    const { headers } = await world.send({ method: 'POST', path: '/session' });
    return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  }

  afterEach(async () => {
    await world.stop();
  });

  describe('checks', () => {
    for (const [method, path] of [
      ['POST', '/session'],
      ['DELETE', '/session'],
      ['POST', '/v1/lock'],
      ['GET', '/openapi.json'],
      ['GET', '/nowhere'],
      ['OPTIONS', '*'],
    ] as const) {
      it(`the password of ${method} ${path} before all else`, async () => {
        await start({ password: 'secret' });
        const answer = await world.send({ method, path });
        expect(answer.status).to.equal(401);
        expect(answer.headers).to.include({ 'www-authenticate': 'Basic realm="Restricted"' });
        const known = await world.send({ method, path, headers: password });
        expect(known.headers).not.to.have.property('www-authenticate');
      });
    }

    for (const [method, path] of [
      ['POST', '/v1/lock'],
      ['GET', '/v1/lock'],
      ['GET', '/nowhere'],
      ['PUT', '/session'],
      ['POST', '/openapi.json'],
      ['OPTIONS', '*'],
    ] as const) {
      it(`the session of ${method} ${path} before path and method`, async () => {
        await start();
        expect(await world.send({ method, path })).to.have.property('status', 401);
        const client = await world.client();
        expect((await client.send({ method, path })).status).not.to.equal(401);
      });
    }

    it('no session for its description', async () => {
      await start();
      for (const method of ['GET', 'HEAD']) {
        expect(await world.send({ method, path: '/openapi.json' })).to.have.property('status', 200);
      }
    });

    it('the body last', async () => {
      await start({ server: { bodyBytesMax: 10 } });
      const sent: RestRequest = { method: 'POST', path: '/v1/lock', body: 'x'.repeat(11) };
      expect(await world.send(sent)).to.have.property('status', 401);
      const client = await world.client();
      expect(await client.send({ ...sent, path: '/v1/nowhere' })).to.have.property('status', 404);
      expect(await client.send(sent)).to.have.property('status', 413);
    });
  });

  describe('reads paths', () => {
    for (const path of ['/V1/lock', '/v1/lock/', '/v1/%6cock', '/v1/lock;a', '/v1', '/%', '/%ff']) {
      it(`to the letter: ${path} is no path`, async () => {
        await start();
        const client = await world.client();
        expect(await client.send({ method: 'POST', path })).to.have.property('status', 404);
      });
    }

    for (const [path, status] of [
      ['/v1/unlock?name=a&%ff', 200],
      ['http://elsewhere:1/v1/unlock?x', 200],
      ['http://a:b:c/v1/unlock', 404],
    ] as const) {
      it(`of every form: ${path} is answered ${status}`, async () => {
        await start();
        const client = await world.client();
        expect(await client.send({ method: 'POST', path })).to.have.property('status', status);
      });
    }
  });

  describe('with a cookie', () => {
    it('sets it anew with each answer, for as long as the session may be idle', async () => {
      await start();
      const sent = { method: 'POST', path: '/v1/lock', headers: { cookie: await cookie() } };
      const { headers } = await world.send(sent);
      const [given = ''] = headers['set-cookie'] ?? [];
      expect(given.startsWith(`${sent.headers.cookie}; Path=/; Expires=`), given).to.equal(true);
      const expiresAt = Date.parse(/Expires=([^;]+)/.exec(given)?.[1] ?? '');
      const answeredAt = Date.parse(headers.date ?? '');
      expect(expiresAt - answeredAt).to.be.closeTo(SESSION_IDLE_MS, 60_000);
    });

    it('says Secure where the connection is encrypted, and only there', async () => {
      await start();
      const plain = await world.send({ method: 'POST', path: '/session' });
      expect(plain.headers['set-cookie']?.[0]).not.to.contain('Secure');
      await world.stop();
      await start({ tls: serverTls });
      const sent = { method: 'POST', path: '/v1/lock', headers: { cookie: await cookie() } };
      const secure = await world.send(sent);
      expect(secure.headers['set-cookie']?.[0]).to.match(/; HttpOnly; SameSite=Strict; Secure$/);
    });

    it('sets none when the session ended while it waited', async () => {
      await start();
      await (await world.client()).post('/v1/lock', { name: 'a' });
      const headers = { cookie: await cookie() };
      const waiting = world.send({
        method: 'POST',
        path: '/v1/acquire',
        headers,
        body: '{"name":"a"}',
      });
      await world.locking.until('acquire', 2);
      await world.send({ method: 'DELETE', path: '/session', headers });
      const answer = await waiting;
      expect(answer.status).to.equal(401);
      expect(answer.headers).not.to.have.property('set-cookie');
    });
  });

  describe('with a header', () => {
    for (const [title, shown] of [
      ['ldlm-session', (token: string) => ({ 'ldlm-session': token })],
      ['a bearer token', (token: string) => ({ authorization: `Bearer ${token}` })],
    ] as const) {
      it(`takes the session by ${title}, and sets no cookie`, async () => {
        await start();
        const { token } = await world.client();
        const headers = shown(token);
        const locked = await world.send({ method: 'POST', path: '/v1/lock', headers });
        expect(locked.status).to.equal(200);
        expect(locked.headers).not.to.have.property('set-cookie');
        const closed = await world.send({ method: 'DELETE', path: '/session', headers });
        expect(closed).to.include({ status: 200, body: '{"session_id": ""}' });
        expect(closed.headers).not.to.have.property('set-cookie');
      });
    }

    it('takes the session beside a password', async () => {
      await start({ password: 'secret' });
      const client = await world.client(password);
      expect(await client.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
    });

    it('does not fall back to the cookie', async () => {
      await start();
      const headers = { cookie: await cookie(), 'ldlm-session': unknownToken };
      const answer = await world.send({ method: 'POST', path: '/v1/lock', headers });
      expect(answer.status).to.equal(401);
    });
  });

  describe('sessions', () => {
    it('end when they are idle, and free their locks', async () => {
      await start();
      const [ann, bob] = [await world.client(), await world.client()];
      await ann.post('/v1/lock', { name: 'a' });
      await world.clock.advance(SESSION_IDLE_MS - 1);
      expect(await bob.post('/v1/lock', { name: 'a' })).to.include({ locked: false });
      await world.clock.advance(1);
      expect(await bob.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
      expect(await ann.post('/v1/lock', { name: 'b' })).to.have.property('status', 401);
    });

    it('free their locks before their end is answered', async () => {
      await start();
      const [ann, bob] = [await world.client(), await world.client()];
      await ann.post('/v1/lock', { name: 'a' });
      await ann.send({ method: 'DELETE', path: '/session' });
      expect(await bob.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
    });

    it('outlive their connections', async () => {
      await start();
      const ann = await world.client();
      const { key } = await ann.post('/v1/lock', { name: 'a' });
      expect(await ann.post('/v1/unlock', { name: 'a', key })).to.include({ unlocked: true });
    });

    for (const request of ['/v1/lock', '/v1/unlock', '/v1/renew', '/nowhere']) {
      it(`live on by a request to ${request}`, async () => {
        await start();
        const ann = await world.client();
        await ann.post('/v1/lock', { name: 'a' });
        await world.clock.advance(SESSION_IDLE_MS - 1);
        await ann.post(request);
        await world.clock.advance(SESSION_IDLE_MS - 1);
        expect(await ann.post('/v1/lock', { name: 'a' })).to.include({ locked: false });
      });
    }

    it('begin their idle time with the answer of a request that waited', async () => {
      await start();
      const [ann, bob] = [await world.client(), await world.client()];
      const { key } = await ann.post('/v1/lock', { name: 'a' });
      const waiting = bob.post('/v1/acquire', { name: 'a' });
      await world.locking.until('acquire', 2);
      await world.clock.advance(SESSION_IDLE_MS / 2);
      await ann.post('/v1/unlock', { name: 'a', key });
      expect(await waiting).to.include({ locked: true });
      await world.clock.advance(SESSION_IDLE_MS - 1);
      expect(await bob.post('/v1/unlock', { name: 'x' })).to.have.property('status', 200);
    });

    it('are refused past their bound', async () => {
      await start({ rules: { sessionsMax: 1 } });
      await world.client();
      const answer = await world.send({ method: 'POST', path: '/session' });
      expect(answer).to.have.property('status', 429);
      expect(codeOf(answer)).to.equal(8);
      expect(answer.headers).not.to.have.property('set-cookie');
    });
  });

  describe('waiting', () => {
    let ann: RestWorldClient;
    let bob: RestWorldClient;
    let key: string | undefined;

    beforeEach(async () => {
      await start({ rules: { waitersPerLockMax: 2 } });
      [ann, bob] = [await world.client(), await world.client()];
      ({ key } = await ann.post('/v1/lock', { name: 'a' }));
    });

    it('ends with the lock when it is free', async () => {
      const waiting = bob.post('/v1/acquire', { name: 'a', wait_timeout_seconds: 60 });
      await world.locking.until('acquire', 2);
      await ann.post('/v1/unlock', { name: 'a', key });
      expect(await waiting).to.include({ status: 200, locked: true });
    });

    it('ends with a refusal when the wait timeout passes', async () => {
      const waiting = bob.post('/v1/acquire', { name: 'a', wait_timeout_seconds: 60 });
      await world.locking.until('acquire', 2);
      await world.clock.advance(60_000);
      expect(await waiting).to.deep.include({
        locked: false,
        error: { code: 'LockWaitTimeout', message: 'timeout waiting to acquire lock' },
      });
    });

    it('does not hinder other requests of its session', async () => {
      const waiting = ann.post('/v1/acquire', { name: 'a' });
      await world.locking.until('acquire', 2);
      expect(await ann.post('/v1/lock', { name: 'b' })).to.include({ locked: true });
      await ann.post('/v1/unlock', { name: 'a', key });
      expect(await waiting).to.include({ locked: true });
    });

    it('is first come, first served', async () => {
      const order: string[] = [];
      const first = bob.post('/v1/acquire', { name: 'a' }).then((answer) => {
        order.push('first');
        return answer;
      });
      await world.locking.until('acquire', 2);
      const second = bob.post('/v1/acquire', { name: 'a' }).then(() => order.push('second'));
      await world.locking.until('acquire', 3);
      await ann.post('/v1/unlock', { name: 'a', key });
      await ann.post('/v1/unlock', { name: 'a', key: (await first).key });
      await second;
      expect(order).to.deep.equal(['first', 'second']);
    });

    it('ends at once when the client hangs up', async () => {
      const waiting = bob.start({ method: 'POST', path: '/v1/acquire', body: '{"name":"a"}' });
      await world.locking.until('acquire', 2);
      waiting.hangUp();
      await world.locking.until('withdraw', 1);
      await ann.post('/v1/unlock', { name: 'a', key });
      expect(await ann.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
    });

    /** A POST as it goes over the wire. */
    function wireForm(client: RestWorldClient, path: string, fields: object): string {
      const body = JSON.stringify(fields);
      const head = [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        `ldlm-session: ${client.token}`,
        `Content-Length: ${body.length}`,
      ];
      return [...head, '', body].join('\r\n');
    }

    it('ends for all that are owed to a connection that is cut', async () => {
      const socket = await world.connection();
      socket.write(wireForm(bob, '/v1/acquire', { name: 'a' }).repeat(2));
      await world.locking.until('acquire', 3);
      socket.resetAndDestroy();
      await world.locking.until('withdraw', 2);
      await ann.post('/v1/unlock', { name: 'a', key });
      expect(await ann.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
    });

    for (const [title, cut] of [
      ['end', (socket: Socket) => socket.end()],
      ['loss', (socket: Socket) => socket.destroy()],
      ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ] as const) {
      it(`undoes a grant that came about in the moment of its connection’s ${title}`, async () => {
        const [holding, waiting] = [await world.connection(), await world.connection()];
        waiting.write(wireForm(bob, '/v1/acquire', { name: 'a' }));
        await world.locking.until('acquire', 2);
        holding.write(wireForm(ann, '/v1/unlock', { name: 'b' }));
        await once(holding, 'data');
        // Both reach the server in one turn, the unlock first.
        holding.write(wireForm(ann, '/v1/unlock', { name: 'a', key }));
        cut(waiting);
        await world.locking.until('withdraw', 1);
        expect(await ann.post('/v1/lock', { name: 'a' })).to.include({ locked: true });
      });
    }

    it('is refused past its bound', async () => {
      for (const waiterCount of [1, 2]) {
        bob.start({ method: 'POST', path: '/v1/acquire', body: '{"name":"a"}' });
        await world.locking.until('acquire', 1 + waiterCount);
      }
      const answer = await bob.post('/v1/acquire', { name: 'a' });
      expect(answer).to.include({ status: 429, code: 8 });
    });

    it('ends with 401 when its session is closed', async () => {
      const waiting = bob.post('/v1/acquire', { name: 'a' });
      await world.locking.until('acquire', 2);
      await bob.send({ method: 'DELETE', path: '/session' });
      expect(await waiting).to.have.property('status', 401);
    });
  });

  describe('refuses', () => {
    it('a name that is too long with 413', async () => {
      await start({ rules: { nameBytesMax: 4 } });
      const client = await world.client();
      expect(await client.post('/v1/lock', { name: '12345' })).to.include({ status: 413, code: 8 });
    });

    it('more headers than it counts with 431', async () => {
      await start();
      const headers = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'x']));
      const sent = { method: 'GET', path: '/openapi.json' };
      // Node's client adds two of its own: Host and Connection.
      const many = await world.send({ ...sent, headers: headers(98) });
      expect(many).to.have.property('status', 200);
      const tooMany = await world.send({ ...sent, headers: headers(99) });
      expect(tooMany).to.have.property('status', 431);
    });

    it('new work with 503 while the server is stopping, but not releases and closings', async () => {
      await start();
      const client = await world.client();
      const { key } = await client.post('/v1/lock', { name: 'a' });
      const waiting = client.post('/v1/acquire', { name: 'a' });
      await world.locking.until('acquire', 2);
      await world.service.drain();
      expect(await waiting).to.include({ status: 503, code: 14 });
      const opened = await world.send({ method: 'POST', path: '/session' });
      expect(opened).to.have.property('status', 503);
      expect(await client.post('/v1/lock', { name: 'b' })).to.include({ status: 503 });
      expect(await client.post('/v1/unlock', { name: 'a', key })).to.include({ unlocked: true });
      const closed = await client.send({ method: 'DELETE', path: '/session' });
      expect(closed).to.have.property('status', 200);
    });

    for (const [path, event] of [
      ['/v1/lock', 'acquire'],
      ['/v1/unlock', 'release'],
      ['/v1/renew', 'renew'],
    ] as const) {
      it(`${path} with 503 when its outcome could not be kept`, async () => {
        const store = new ControlledStateStore();
        await start({ store });
        const client = await world.client();
        const locking = client.post('/v1/lock', { name: 'a', lock_timeout_seconds: 60 });
        await world.locking.until('acquire', 1);
        store.resolveNext();
        const { key } = await locking;
        const name = path === '/v1/lock' ? 'b' : 'a';
        const answer = client.post(path, { name, key, lock_timeout_seconds: 60 });
        await world.locking.until(event, event === 'acquire' ? 2 : 1);
        store.fail();
        expect(await answer).to.include({ status: 503, code: 14 });
      });
    }
  });

  it('answers its own faults with 500, and tells the log, not the client', async () => {
    await start();
    const client = await world.client();
    world.locking.touchSession = () => {
      throw new Error('a fault of ours');
    };
    const answer = await client.send({ method: 'POST', path: '/v1/lock' });
    expect(answer).to.have.property('status', 500);
    expect(answer.body).not.to.contain('a fault of ours');
    const line = world.logger.lines.find(({ level }) => level === 'error');
    expect(line?.fields.reason).to.contain('a fault of ours');
  });

  it('never tells the log of a token or a password', async () => {
    await start({ password: 'secret' });
    const client = await world.client(password);
    await client.post('/v1/lock', { name: 'a' });
    await client.send({ method: 'DELETE', path: '/session' });
    const log = JSON.stringify(world.logger.lines);
    expect(log).not.to.contain(client.token).and.not.to.contain('secret');
  });
});
