import { once } from 'node:events';
import { expect } from 'chai';
import type { ConsoleOffer } from '../../../../adapters/inbound/console/console-access.js';
import { ConsoleWorld, PASSWORD } from '../../../support/console-world.js';
import { askHttp } from '../../../support/http-question.js';

describe('ConsoleAccess', () => {
  let world: ConsoleWorld;

  async function offered(to: ConsoleOffer['to']): Promise<void> {
    world = await ConsoleWorld.start(to);
  }

  afterEach(() => world.stop());

  describe('with a password', () => {
    beforeEach(() => offered('password'));

    async function enter(): Promise<{ readonly authorization: string }> {
      const { status, body } = await world.ask('enter', { password: PASSWORD });
      expect(status).to.equal(200);
      return { authorization: `Bearer ${JSON.parse(body).token}` };
    }

    for (const path of [
      'stats',
      'leases',
      'lock',
      'sessions',
      'busiest',
      'revoke',
      'kick',
      'events',
    ]) {
      it(`answers ${path} to nobody who has not shown it`, async () => {
        const bearer = { authorization: `Bearer ${'x'.repeat(43)}` };
        expect(await world.refused(path)).to.deep.equal([401, 'password-needed']);
        expect(await world.refused(path, {}, bearer)).to.deep.equal([401, 'password-needed']);
      });
    }

    for (const [what, headers] of [
      ['by Basic, as browsers send it without being asked', 'Basic'],
      ['as it is', ''],
    ] as const) {
      it(`does not take the password itself ${what}`, async () => {
        const encoded = Buffer.from(`:${PASSWORD}`).toString('base64');
        const authorization = headers === 'Basic' ? `Basic ${encoded}` : PASSWORD;
        expect((await world.refused('stats', {}, { authorization }))[0]).to.equal(401);
      });
    }

    it('takes no cookie for anything', async () => {
      const { authorization } = await enter();
      const cookie = { cookie: `token=${authorization.slice(7)}` };
      expect((await world.refused('stats', {}, cookie))[0]).to.equal(401);
    });

    it('gives a token for it, which is then enough, by whatever name the console is reached', async () => {
      const headers = { ...(await enter()), host: 'ldlm.example.org' };
      expect(await world.ask('stats', {}, headers)).to.include({ status: 200 });
    });

    it('tells by a page’s first question whether it may go on', async () => {
      const before = JSON.parse((await world.ask('hello')).body);
      const after = JSON.parse((await world.ask('hello', {}, await enter())).body);
      expect([before, after]).to.deep.equal([
        { version: '1.2.3', asksPassword: true, isKnown: false },
        { version: '1.2.3', asksPassword: true, isKnown: true },
      ]);
    });

    it('answers a wrong one a second late', async () => {
      const asked = once(world.admissions, 'asked');
      const refusal = world.refused('enter', { password: 'guess' });
      await asked;
      await world.clock.advance(999);
      expect(world.clock.alarmCount).to.equal(1);
      await world.clock.advance(1);
      expect(await refusal).to.deep.equal([401, 'password-wrong']);
    });

    it('looks at four guesses a second from one address, and at no more, right or wrong', async () => {
      const guesses = [];
      for (let count = 0; count < 4; count += 1) {
        const asked = once(world.admissions, 'asked');
        guesses.push(world.refused('enter', { password: 'guess' }));
        await asked;
      }
      expect(await world.refused('enter', { password: PASSWORD })).to.deep.equal([
        429,
        'too-many-tries',
      ]);
      await world.clock.advance(1_000);
      await Promise.all(guesses);
      await enter();
    });

    it('takes the token back when asked to', async () => {
      const headers = await enter();
      await world.ask('leave', {}, headers);
      expect(await world.refused('stats', {}, headers)).to.deep.equal([401, 'password-needed']);
    });

    it('ends what a page listens to when its token is over', async () => {
      const headers = await enter();
      const listener = await world.listen({}, headers);
      await world.heard(listener, 'stats');
      await world.ask('leave', {}, headers);
      expect(await world.heard(listener, 'end')).to.include({ code: 'password-needed' });
    });
  });

  describe('without a password, on an address of this machine alone', () => {
    beforeEach(() => offered('local'));

    for (const host of [
      'localhost',
      'LOCALHOST:9000',
      '127.0.0.1:3145',
      '127.9.9.9',
      '[::1]:3145',
    ]) {
      it(`answers to ${host}`, async () => {
        expect(await world.ask('stats', {}, { host })).to.include({ status: 200 });
      });
    }

    for (const host of [
      'evil.example:3145',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      'evil.example#localhost',
      '10.0.0.1:3145',
      '0.0.0.0:3145',
      '[::]:3145',
    ]) {
      it(`does not answer to ${host}, whatever address that name leads to`, async () => {
        expect(await world.refused('stats', {}, { host })).to.deep.equal([403, 'host-not-local']);
      });
    }
  });

  describe('whoever asks', () => {
    beforeEach(() => offered('local'));

    it('refuses what comes without the header that only the console’s page sends', async () => {
      const { status, body } = await askHttp(world.address, {
        method: 'POST',
        path: '/console/api/stats',
        body: '{}',
      });
      expect([status, JSON.parse(body).code]).to.deep.equal([403, 'foreign-page']);
    });

    for (const [what, headers] of [
      ['another site', { 'sec-fetch-site': 'cross-site' }],
      ['another port of the same machine', { 'sec-fetch-site': 'same-site' }],
      ['somebody who typed the address', { 'sec-fetch-site': 'none' }],
      ['a page of another origin', { origin: 'http://evil.example' }],
      ['a page of no origin', { origin: 'null' }],
      ['a page of another port', { origin: 'http://localhost:1' }],
    ] as const) {
      it(`refuses what comes from ${what}`, async () => {
        expect(await world.refused('stats', {}, { ...headers })).to.deep.equal([
          403,
          'foreign-page',
        ]);
      });
    }

    it('answers its own page', async () => {
      const headers = { 'sec-fetch-site': 'same-origin', origin: `http://${world.address}` };
      expect(await world.ask('stats', {}, headers)).to.include({ status: 200 });
    });

    it('never answers the question that browsers ask before they send such a header elsewhere', async () => {
      const { status, headers } = await askHttp(world.address, {
        method: 'OPTIONS',
        path: '/console/api/stats',
        headers: {
          origin: 'http://evil.example',
          'access-control-request-headers': 'x-ldlm-console',
        },
      });
      expect(status).to.equal(405);
      expect(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
      ).to.deep.equal([]);
    });

    it('does nothing by GET', async () => {
      expect(await askHttp(world.address, { path: '/console/api/stats' })).to.include({
        status: 405,
      });
    });
  });

  describe('without a password, on an address that others reach', () => {
    beforeEach(() => offered('off'));

    for (const path of ['/console/', '/console/console.js', '/console/nothing']) {
      it(`says at ${path} what to do`, async () => {
        const { status, body } = await askHttp(world.address, { path });
        expect(status).to.equal(403);
        expect(body).to.contain('--password_file').and.to.contain('localhost');
      });
    }

    for (const path of ['hello', 'enter', 'stats', 'revoke']) {
      it(`answers ${path} to nobody`, async () => {
        expect(await world.refused(path, { password: '' })).to.deep.equal([403, 'not-offered']);
      });
    }
  });
});
