/** A Node program that knows the released proto alone, loaded as gRPC's own examples load one. */
import { fileURLToPath } from 'node:url';
import { type Client, credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import { GrpcWorld } from '../support/grpc-world.js';

const RELEASED_PROTO = fileURLToPath(new URL('released-ldlm.proto', import.meta.url));

type Answer = Readonly<Record<string, unknown>>;
type Stub = Client &
  Readonly<
    Record<
      'Lock' | 'TryLock' | 'Unlock' | 'RefreshLock' | 'Renew',
      (request: object, callback: (error: Error | null, answer: Answer) => void) => void
    >
  >;

describe('A Node client of the released proto', () => {
  let world: GrpcWorld;
  let stub: Stub;

  function call(method: Exclude<keyof Stub, keyof Client>, request: object): Promise<Answer> {
    return new Promise((resolve, reject) => {
      stub[method](request, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
  }

  before(async () => {
    world = await GrpcWorld.start();
    const definition = loadSync(RELEASED_PROTO, {
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      oneofs: true,
    });
    const { ldlm } = loadPackageDefinition(definition) as unknown as {
      readonly ldlm: {
        readonly LDLM: new (...given: ConstructorParameters<typeof Client>) => Stub;
      };
    };
    stub = new ldlm.LDLM(world.address, credentials.createInsecure());
  });

  after(async () => {
    stub.close();
    await world.stop();
  });

  it('reads a grant as it always did, without the fencing token it knows nothing of', async () => {
    const { key, ...answer } = await call('Lock', { name: 'a' });
    expect(key).to.be.a('string').that.is.not.equal('');
    expect(answer).to.deep.equal({ locked: true, name: 'a' });
  });

  for (const method of ['RefreshLock', 'Renew'] as const) {
    it(`renews by ${method} and reads the same key again`, async () => {
      const { key } = await call('TryLock', { name: method, lock_timeout_seconds: 5 });
      const renewed = await call(method, { name: method, key, lock_timeout_seconds: 5 });
      expect(renewed).to.deep.equal({ locked: true, name: method, key });
    });
  }

  it('unlocks', async () => {
    const { key } = await call('TryLock', { name: 'b' });
    expect(await call('Unlock', { name: 'b', key })).to.deep.equal({
      unlocked: true,
      name: 'b',
    });
  });

  it('reads a refusal by its name', async () => {
    expect(await call('Unlock', { name: 'nope', key: 'x' })).to.deep.equal({
      unlocked: false,
      name: 'nope',
      error: { code: 'LockDoesNotExist', message: 'a lock by that name does not exist' },
      _error: 'error',
    });
  });

  it('reads an error whose code, being 0, is not on the wire', async () => {
    expect(await call('TryLock', { name: '' }))
      .to.have.property('error')
      .that.deep.equals({ code: 'Unknown', message: 'lock name cannot be empty' });
  });

  it('is refused a size of 0 that it sends, and given 1 when it sends none', async () => {
    expect(await call('TryLock', { name: 'c', size: 0 }))
      .to.have.property('error')
      .that.includes({ code: 'InvalidLockSize' });
    expect(await call('TryLock', { name: 'c' })).to.include({ locked: true });
    expect(await call('TryLock', { name: 'c' })).to.include({ locked: false });
  });
});
