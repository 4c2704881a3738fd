import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { StateStoreError } from '../../../../ports/outbound/state-store.js';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import { GrpcWorld, type GrpcWorldClient } from '../../../support/grpc-world.js';

describe('The calls’ handlers, with a store slower than a lease', () => {
  let store: ControlledStateStore;
  let world: GrpcWorld;
  let client: GrpcWorldClient;

  beforeEach(async () => {
    store = new ControlledStateStore();
    world = await GrpcWorld.start({ store });
    client = world.client();
  });

  afterEach(async () => {
    store.resolveAll();
    await world.stop();
  });

  it('do not tell a grant whose lease ended before it was kept', async () => {
    const outcome = client.call('Lock', { name: 'a', lock_timeout_seconds: 5 });
    await world.locking.until('acquire', 1);
    await world.clock.advance(5_000);
    store.resolveAll();
    const { locked, error } = await outcome;
    expect(locked).to.equal(undefined);
    expect(error).to.include({ code: 'LockWaitTimeout' });
  });

  it('do not answer an Unlock that is not kept', async () => {
    const granted = client.call('Lock', { name: 'a' });
    await world.locking.until('acquire', 1);
    store.resolveAll();
    const { key } = await granted;
    const outcome = client.call('Unlock', { name: 'a', key });
    await world.locking.until('release', 1);
    store.fail(new StateStoreError('write-failed', 'the disk is full'));
    expect(await outcome).to.include({ status: status.UNAVAILABLE });
  });

  it('do not answer a Renew that is not kept', async () => {
    const granted = client.call('Lock', { name: 'a', lock_timeout_seconds: 5 });
    await world.locking.until('acquire', 1);
    store.resolveAll();
    const { key } = await granted;
    const outcome = client.call('Renew', { name: 'a', key, lock_timeout_seconds: 5 });
    await world.locking.until('renew', 1);
    store.fail(new StateStoreError('write-failed', 'the disk is full'));
    expect(await outcome).to.include({ status: status.UNAVAILABLE });
  });
});
