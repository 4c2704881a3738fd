/** The reference server's answers, case by case in the order they were observed, with its known faults mended. */
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { GrpcWorldClient, Method, Outcome } from '../support/grpc-world.js';
import { GrpcWorld } from '../support/grpc-world.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

type Request = Readonly<Record<string, unknown>>;
type Expected = Readonly<Record<string, unknown>>;

/** `key: '$K1'` in an expectation keeps that key; in a request it gives it back. `uuid`: any fresh one. */
interface Exchange {
  readonly title: string;
  readonly method: Method;
  readonly request: Request;
  readonly answer: Expected;
  /** How far the clock moves before the call. */
  readonly afterMs?: number;
  /** How far the clock moves while the call waits. */
  readonly duringMs?: number;
}

const name = 'a';
const held = { key: 'uuid' };
const timeoutError = { code: 'Unknown', message: 'lock timeout must be greater than 0' };
const waitError = { code: 'Unknown', message: 'wait timeout must be greater than 0' };
const nameError = { code: 'Unknown', message: 'lock name cannot be empty' };
const sizeError = { code: 'InvalidLockSize', message: 'lock size must be greater than 0' };
const mismatch = { code: 'LockSizeMismatch', message: 'lock size mismatch' };
const keyError = { code: 'InvalidLockKey', message: 'invalid lock key' };
const unknownLock = { code: 'LockDoesNotExist', message: 'a lock by that name does not exist' };
const noLease = {
  code: 'LockDoesNotExistOrInvalidKey',
  message: 'lock does not exist or invalid key',
};
const waitTimeout = { code: 'LockWaitTimeout', message: 'timeout waiting to acquire lock' };

function lock(title: string, request: Request, answer: Expected): Exchange {
  return { title, method: 'Lock', request, answer };
}

function tryLock(title: string, request: Request, answer: Expected): Exchange {
  return { title, method: 'TryLock', request, answer };
}

function unlock(title: string, request: Request, answer: Expected): Exchange {
  return { title, method: 'Unlock', request, answer };
}

function renew(title: string, request: Request, answer: Expected): Exchange {
  return { title, method: 'Renew', request, answer };
}

const EXCHANGES: readonly Exchange[] = [
  lock('free lock', { name }, { locked: true, name, key: '$K1' }),
  tryLock('held lock, try', { name }, { name, ...held }),
  {
    ...lock(
      'held lock, wait 1',
      { name, wait_timeout_seconds: 1 },
      {
        name,
        ...held,
        error: waitTimeout,
      },
    ),
    duringMs: 1_000,
  },
  unlock('wrong key', { name, key: 'x' }, { name, error: keyError }),
  unlock('empty key', { name, key: '' }, { name, error: keyError }),
  unlock('unknown lock', { name: 'nope', key: 'x' }, { name: 'nope', error: unknownLock }),
  unlock('empty name', { name: '', key: 'x' }, { error: unknownLock }),
  renew(
    'renew, no timeout set',
    { name, key: '$K1', lock_timeout_seconds: 5 },
    { name, key: '$K1', error: noLease },
  ),
  renew(
    'renew unknown',
    { name: 'zz', key: 'k', lock_timeout_seconds: 5 },
    { name: 'zz', key: 'k', error: noLease },
  ),
  renew(
    'renew with 0',
    { name, key: '$K1', lock_timeout_seconds: 0 },
    { name, error: timeoutError },
  ),
  renew(
    'renew with -1',
    { name, key: '$K1', lock_timeout_seconds: -1 },
    { name, error: timeoutError },
  ),
  tryLock('other size', { name, size: 2 }, { name, ...held, error: mismatch }),
  lock('other size, Lock', { name, size: 2 }, { name, ...held, error: mismatch }),
  unlock('right key, other session', { name, key: '$K1' }, { unlocked: true, name }),
  unlock('second unlock', { name, key: '$K1' }, { name, error: keyError }),
  tryLock('other size, idle', { name, size: 2 }, { name, ...held, error: mismatch }),
  tryLock('size 0', { name: 's', size: 0 }, { name: 's', ...held, error: sizeError }),
  lock('size -1', { name: 's', size: -1 }, { name: 's', ...held, error: sizeError }),
  lock('size least', { name: 's', size: -2147483648 }, { name: 's', ...held, error: sizeError }),
  lock('size greatest', { name: 's', size: 2147483647 }, { locked: true, name: 's', ...held }),
  lock('empty name, Lock', { name: '' }, { ...held, error: nameError }),
  tryLock('empty name', { name: '' }, { ...held, error: nameError }),
  tryLock('empty name, size 0', { name: '', size: 0 }, { ...held, error: nameError }),
  lock(
    'lock timeout -1',
    { name: 't', lock_timeout_seconds: -1 },
    { name: 't', error: timeoutError },
  ),
  tryLock(
    'lock timeout -1, try',
    { name: 't', lock_timeout_seconds: -1 },
    { name: 't', error: timeoutError },
  ),
  lock('wait -1', { name: 't', wait_timeout_seconds: -1 }, { name: 't', error: waitError }),
  lock(
    'both -1',
    { name: 't', wait_timeout_seconds: -1, lock_timeout_seconds: -1 },
    { name: 't', error: timeoutError },
  ),
  lock('all wrong', { name: '', size: 0, lock_timeout_seconds: -1 }, { error: timeoutError }),
  lock('timeout 0', { name: 't0', lock_timeout_seconds: 0 }, { locked: true, name: 't0', ...held }),
  lock(
    'timeout 1',
    { name: 't1', lock_timeout_seconds: 1 },
    { locked: true, name: 't1', key: '$K2' },
  ),
  renew(
    'renewed to 1',
    { name: 't1', key: '$K2', lock_timeout_seconds: 1 },
    { locked: true, name: 't1', key: '$K2' },
  ),
  {
    ...unlock('unlock, expired', { name: 't1', key: '$K2' }, { name: 't1', error: keyError }),
    afterMs: 1_000,
  },
  renew(
    'renew, expired',
    { name: 't1', key: '$K2', lock_timeout_seconds: 5 },
    { name: 't1', key: '$K2', error: noLease },
  ),
  lock(
    'timeout greatest',
    { name: 't2', lock_timeout_seconds: 2147483647 },
    { locked: true, name: 't2', key: '$K3' },
  ),
  renew(
    'renew greatest',
    { name: 't2', key: '$K3', lock_timeout_seconds: 2147483647 },
    { locked: true, name: 't2', key: '$K3' },
  ),
  {
    ...renew(
      "seed's method",
      { name: 't2', key: '$K3', lock_timeout_seconds: 5 },
      { locked: true, name: 't2', key: '$K3' },
    ),
    method: 'RefreshLock',
  },
  {
    ...renew(
      "seed's method, unknown",
      { name: 'zz', key: 'k', lock_timeout_seconds: 5 },
      { name: 'zz', key: 'k', error: noLease },
    ),
    method: 'RefreshLock',
  },
  lock('script names', { name: '__proto__' }, { locked: true, name: '__proto__', ...held }),
  lock('any script', { name: '鍵🔒' }, { locked: true, name: '鍵🔒', ...held }),
];

function withKeys(fields: Expected, keys: ReadonlyMap<string, string>): Request {
  const key = fields.key;
  return typeof key === 'string' && key.startsWith('$')
    ? { ...fields, key: keys.get(key) ?? '' }
    : fields;
}

describe('The reference server’s answers over gRPC', () => {
  let world: GrpcWorld;
  let client: GrpcWorldClient;
  const keys = new Map<string, string>();

  before(async () => {
    world = await GrpcWorld.start();
    client = world.client();
  });

  after(async () => {
    await world.stop();
  });

  for (const { title, method, request, answer, afterMs = 0, duringMs } of EXCHANGES) {
    it(`${title}: ${method}${JSON.stringify(request)}`, async () => {
      await world.clock.advance(afterMs);
      const calls = world.locking.countOf('acquire');
      const pending = client.call(method, withKeys(request, keys));
      if (duringMs !== undefined) {
        await world.locking.until('acquire', calls + 1);
        await world.clock.advance(duringMs);
      }
      const { fencing_token, ...response } = await pending;
      const { error } = response;
      // Code 0 is not written: proto3 leaves default values out.
      const seen =
        error === undefined ? response : { ...response, error: { code: 'Unknown', ...error } };
      if (answer.locked === true) {
        expect(fencing_token).to.be.a('number').greaterThan(0);
      }
      const seenKey = seen.key ?? '';
      const expectedKey = answer.key;
      if (
        typeof expectedKey === 'string' &&
        expectedKey.startsWith('$') &&
        !keys.has(expectedKey)
      ) {
        keys.set(expectedKey, seenKey);
      }
      if (expectedKey === 'uuid') {
        expect(seenKey).to.match(UUID);
        expect(seen).to.deep.equal({ ...answer, key: seenKey });
      } else {
        expect(seen).to.deep.equal(withKeys(answer, keys));
      }
    });
  }

  const statuses: readonly (readonly [string, () => Promise<Outcome>, status])[] = [
    [
      'over 4 MiB',
      () => client.call('TryLock', { name: 'x'.repeat(4 * 1024 * 1024) }),
      status.RESOURCE_EXHAUSTED,
    ],
    [
      'a name over --name_bytes_max',
      () => client.call('TryLock', { name: 'x'.repeat(65_537) }),
      status.RESOURCE_EXHAUSTED,
    ],
  ];

  for (const [title, call, code] of statuses) {
    it(`${title} is answered with the gRPC status ${code}`, async () => {
      expect(await call()).to.have.property('status', code);
    });
  }

  for (const path of ['/ldlm.LDLM/Nope', '/x.Y/Z']) {
    it(`${path} is answered with UNIMPLEMENTED`, async () => {
      const raw = world.rawClient();
      expect(await raw.call(path, new Uint8Array())).to.have.property(
        'status',
        status.UNIMPLEMENTED,
      );
    });
  }
});
