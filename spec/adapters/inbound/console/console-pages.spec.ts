import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { ConsoleWorld } from '../../../support/console-world.js';
import { askHttp } from '../../../support/http-question.js';

const FOLDER = new URL('../../../../adapters/inbound/console/page/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name !== 'tsconfig.json');

describe('Console pages', () => {
  let world: ConsoleWorld;

  before(async () => {
    world = await ConsoleWorld.start('password');
  });

  after(() => world.stop());

  for (const path of ['/console/', '/console/?x', '/console/console.html']) {
    it(`show the console at ${path}`, async () => {
      const { status, headers, body } = await askHttp(world.address, { path });
      expect([status, headers['content-type']]).to.deep.equal([200, 'text/html; charset=utf-8']);
      expect(body).to.contain('<title>LDLM console</title>');
    });
  }

  it('lead from /console to /console/', async () => {
    const { status, headers } = await askHttp(world.address, { path: '/console' });
    expect([status, headers.location]).to.deep.equal([308, '/console/']);
  });

  for (const file of files) {
    it(`have the file ${file}`, async () => {
      const { status, headers, body } = await askHttp(world.address, { path: `/console/${file}` });
      expect(status).to.equal(200);
      expect(headers['content-type']).to.match(
        { html: /^text\/html/, css: /^text\/css/, js: /^text\/javascript/, svg: /^image\/svg/ }[
          file.split('.').at(-1) ?? ''
        ] ?? /none/,
      );
      expect(body).not.to.equal('');
    });
  }

  for (const path of [
    'tsconfig.json',
    'nothing.js',
    '../console-api.js',
    '..%2fconsole-api.js',
    'toString',
    '%',
  ]) {
    it(`have nothing at ${path}`, async () => {
      const { status } = await askHttp(world.address, { path: `/console/${path}` });
      expect(status).to.equal(404);
    });
  }

  it('allow nothing but what comes from there, no markup from text, and no frame around them', async () => {
    const { headers } = await askHttp(world.address, { path: '/console/' });
    const policy = String(headers['content-security-policy']).split('; ');
    expect(policy).to.include.members([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
    ]);
    expect(policy.join()).not.to.match(/unsafe|\*|http|data:|blob:/);
    expect(headers).to.include({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it('name nothing that is elsewhere', async () => {
    for (const file of files) {
      const { body } = await askHttp(world.address, { path: `/console/${file}` });
      const elsewhere = body.match(/(?:https?:)?\/\/[\w-]+\.[\w.-]+\S*/g) ?? [];
      expect(elsewhere.filter((address) => !address.includes('www.w3.org'))).to.deep.equal([]);
    }
  });
});
