import { expect } from 'chai';
import { StateUnknownError } from '../../../../adapters/inbound/rest/kept-answer.js';
import { lockRoutes } from '../../../../adapters/inbound/rest/lock-routes.js';
import type { RestAnswer } from '../../../../adapters/inbound/rest/rest-answer.js';
import { FOREVER } from '../../../../domain/instant.js';
import { type RefusalCode, type Refused, refused } from '../../../../domain/refusal.js';
import type { Acquisition, Locking } from '../../../../ports/inbound/locking.js';

/** A Locking that notes what it is asked and refuses it, grants it, or fails. */
class ScriptedLocking implements Locking {
  asked: unknown;
  withdrawnCount = 0;
  /** A refusal's code, `yes`, or `broken`. */
  script: RefusalCode | 'yes' | 'broken' = 'yes';

  readonly hasFailed = false;
  openSession = () => refused('server-stopping');
  touchSession = () => true;
  endSession = () => Promise.resolve(true);
  openStreamSession = () => Promise.resolve(refused('server-stopping'));
  resumeSession = () => Promise.resolve(refused('server-stopping'));
  detachSession = () => undefined;
  check = () => Promise.resolve(refused('lease-unknown'));

  acquire(request: unknown): Acquisition {
    const answer = this.#answer(request, {
      kind: 'granted',
      key: 'key-1',
      fencingToken: 7,
      waitedMs: 0,
    } as const);
    const withdraw = () => {
      this.withdrawnCount += 1;
    };
    return { key: 'key-1', answer, withdraw };
  }

  release = (request: unknown) => this.#answer(request, { kind: 'released' } as const);
  renew = (request: unknown) =>
    this.#answer(request, { kind: 'renewed', fencingToken: 7 } as const);

  async #answer<Yes>(request: unknown, yes: Yes): Promise<Yes | Refused> {
    this.asked = request;
    if (this.script === 'broken') {
      throw new Error('the disk is full');
    }
    return this.script === 'yes' ? yes : refused(this.script);
  }
}

describe('lockRoutes', () => {
  const sessionId = 'session-1';
  let locking: ScriptedLocking;
  let undo: (() => void) | undefined;

  beforeEach(() => {
    locking = new ScriptedLocking();
    undo = undefined;
  });

  function post(path: string, body: string): Promise<RestAnswer> {
    const route = lockRoutes(locking)[path];
    expect(route, path).to.be.a('function');
    return (route as NonNullable<typeof route>)({
      sessionId,
      body: Buffer.from(body),
      undoUnlessDelivered: (given) => {
        undo = given;
      },
    });
  }

  const forever = { waitMs: FOREVER, leaseMs: FOREVER };
  const tried = { waitMs: 0, leaseMs: FOREVER };
  for (const [path, body, asked] of [
    ['/v1/lock', '{"name":"a"}', { name: 'a', size: 1, ...tried }],
    ['/v1/lock', '{"name":"a","wait_timeout_seconds":3}', { name: 'a', size: 1, ...tried }],
    ['/v1/lock', '{"name":"a","wait_timeout_seconds":{}}', { name: 'a', size: 1, ...tried }],
    [
      '/v1/lock',
      '{"size":"3","lockTimeoutSeconds":2}',
      { name: '', size: 3, ...tried, leaseMs: 2_000 },
    ],
    ['/v1/lock', '{"lock_timeout_seconds":0}', { name: '', size: 1, ...tried }],
    ['/v1/lock', '{"lock_timeout_seconds":-1}', { name: '', size: 1, ...tried, leaseMs: -1_000 }],
    ['/v1/acquire', '{"name":"a"}', { name: 'a', size: 1, ...forever }],
    ['/v1/acquire', '{"wait_timeout_seconds":0}', { name: '', size: 1, ...forever }],
    ['/v1/acquire', '{"waitTimeoutSeconds":3}', { name: '', size: 1, ...forever, waitMs: 3_000 }],
    [
      '/v1/acquire',
      '{"wait_timeout_seconds":-1}',
      { name: '', size: 1, ...forever, waitMs: -1_000 },
    ],
  ] as const) {
    it(`asks, for ${path} ${body}, to acquire`, async () => {
      await post(path, body);
      expect(locking.asked).to.deep.equal({ sessionId, ...asked });
    });
  }

  for (const [path, body, asked] of [
    ['/v1/unlock', '{"name":"a","key":"k"}', { name: 'a', key: 'k' }],
    ['/v1/unlock', '', { name: '', key: '' }],
    [
      '/v1/renew',
      '{"name":"a","key":"k","lock_timeout_seconds":2}',
      { name: 'a', key: 'k', leaseMs: 2_000 },
    ],
    ['/v1/renew', '', { name: '', key: '', leaseMs: 0 }],
    [
      '/v1/refreshlock',
      '{"name":"a","key":"k","lockTimeoutSeconds":2}',
      { name: 'a', key: 'k', leaseMs: 2_000 },
    ],
  ] as const) {
    it(`asks, for ${path} ${body}, for what it says`, async () => {
      await post(path, body);
      expect(locking.asked).to.deep.equal(asked);
    });
  }

  for (const [path, body, answered] of [
    ['/v1/lock', '{"name":"a"}', '"locked":true,"name":"a","key":"key-1","fencing_token":"7"'],
    ['/v1/acquire', '{"name":"a"}', '"locked":true,"name":"a","key":"key-1","fencing_token":"7"'],
    [
      '/v1/renew',
      '{"name":"a","key":"k"}',
      '"locked":true,"name":"a","key":"k","fencing_token":"7"',
    ],
    ['/v1/unlock', '{"name":"a","key":"k"}', '"unlocked":true,"name":"a"'],
  ] as const) {
    it(`tells the success of ${path}`, async () => {
      expect(await post(path, body)).to.deep.equal({ status: 200, body: `{${answered}}` });
    });
  }

  for (const [path, script, answered] of [
    ['/v1/lock', 'held', '"locked":false,"name":"a","key":"key-1"'],
    ['/v1/lock', 'lease-time-invalid', '"locked":false,"name":"a","key":"","error":'],
    ['/v1/acquire', 'wait-timeout', '"locked":false,"name":"a","key":"key-1","error":'],
    ['/v1/renew', 'lease-unknown', '"locked":false,"name":"a","key":"k","error":'],
    ['/v1/renew', 'lease-time-invalid', '"locked":false,"name":"a","key":"","error":'],
    ['/v1/unlock', 'key-invalid', '"unlocked":false,"name":"a","error":'],
  ] as const) {
    it(`tells ${script} of ${path} in a 200`, async () => {
      locking.script = script;
      const { status, body } = await post(path, '{"name":"a","key":"k"}');
      expect(status).to.equal(200);
      expect(body.startsWith(`{${answered}`), body).to.equal(true);
    });
  }

  for (const path of ['/v1/lock', '/v1/acquire', '/v1/renew', '/v1/unlock']) {
    it(`tells that ${path} was not decided by another status`, async () => {
      locking.script = 'server-stopping';
      expect(await post(path, '')).to.have.property('status', 503);
    });

    it(`asks nothing for ${path} with a body that makes no sense`, async () => {
      expect(await post(path, '{')).to.have.property('status', 400);
      expect(locking.asked).to.equal(undefined);
    });

    it(`rejects when the service cannot vouch for ${path}`, async () => {
      locking.script = 'broken';
      const failure: unknown = await post(path, '').catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(StateUnknownError);
    });
  }

  for (const path of ['/v1/lock', '/v1/acquire']) {
    it(`withdraws what ${path} was granted if the answer does not go out`, async () => {
      await post(path, '');
      expect(locking.withdrawnCount).to.equal(0);
      undo?.();
      expect(locking.withdrawnCount).to.equal(1);
    });
  }

  it('takes neither an unlock nor a renewal back', async () => {
    await post('/v1/unlock', '');
    await post('/v1/renew', '');
    expect(undo).to.equal(undefined);
  });
});
