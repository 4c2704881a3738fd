import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { WATCHES_PER_CONNECTION_MAX } from '../../../../adapters/inbound/grpc/health-service.js';
import type { Admission } from '../../../../ports/inbound/admission.js';
import { CompanionClient } from '../../../support/companion-client.js';
import { GrpcWorld } from '../../../support/grpc-world.js';

/** Nobody knows the password. */
const closedDoor: Admission = { admit: () => 'missing' };

const SERVICES = ['', 'ldlm.LDLM'] as const;

describe('HealthService', () => {
  let world: GrpcWorld;
  let client: CompanionClient;

  beforeEach(async () => {
    world = await GrpcWorld.start({ admission: closedDoor });
    client = new CompanionClient(world.address);
  });

  afterEach(async () => {
    client.close();
    await world.stop();
  });

  for (const service of SERVICES) {
    it(`says without a password that "${service}" serves`, async () => {
      expect(await client.health('Check', { service })).to.deep.equal({ status: 'SERVING' });
    });

    it(`says that "${service}" does not serve once the server drains`, async () => {
      world.server.stopServing();
      expect(await client.health('Check', { service })).to.deep.equal({ status: 'NOT_SERVING' });
    });

    it(`tells who watches "${service}" that it serves, and when it does no more`, async () => {
      const watch = client.watch(service);
      expect(await watch.next()).to.deep.equal({ status: 'SERVING' });
      world.server.stopServing();
      expect(await watch.next()).to.deep.equal({ status: 'NOT_SERVING' });
    });
  }

  it('lists the services', async () => {
    expect(await client.health('List', {})).to.deep.equal({
      statuses: { '': { status: 'SERVING' }, 'ldlm.LDLM': { status: 'SERVING' } },
    });
  });

  it('lists the administration, too, where it is open', async () => {
    const open = await GrpcWorld.start({ administration: (administration) => administration });
    const asker = new CompanionClient(open.address);
    const { statuses } = (await asker.health('List', {})) as { statuses: object };
    asker.close();
    await open.stop();
    expect(statuses).to.have.all.keys('', 'ldlm.LDLM', 'ldlm.admin.Admin');
  });

  it('has no service of another name, and does not repeat it', async () => {
    expect(await client.health('Check', { service: 'x'.repeat(900) })).to.deep.equal({
      status: status.NOT_FOUND,
      details: 'this server has no such service',
    });
  });

  it('says to who watches another name that there is no such service', async () => {
    expect(await client.watch('ldlm.Other').next()).to.deep.equal({ status: 'SERVICE_UNKNOWN' });
  });

  it('tells of a stop and ends each watch, without waiting for its client', async () => {
    const watches = ['', 'ldlm.LDLM', 'ldlm.Other'].map((service) => client.watch(service));
    await Promise.all(watches.map((watch) => watch.next()));
    // Longer than any spec may take: were a watch to hold the stop up, this spec would fail of it.
    await world.server.close(600_000);
    expect(await watches[0]?.next()).to.deep.equal({ status: 'NOT_SERVING' });
    for (const watch of watches) {
      expect(await watch.ended).to.include({
        code: status.UNAVAILABLE,
        details: 'the server is stopping; ask the next one',
      });
    }
  });

  it('takes so many watches of a connection, and one more when one has ended', async () => {
    const watches = Array.from({ length: WATCHES_PER_CONNECTION_MAX }, () => client.watch(''));
    await Promise.all(watches.map((watch) => watch.next()));
    expect(await client.watch('').ended).to.include({
      code: status.RESOURCE_EXHAUSTED,
      details: `a connection has at most ${WATCHES_PER_CONNECTION_MAX} such streams; end one first`,
    });
    const other = new CompanionClient(world.address);
    expect(await other.watch('').next()).to.deep.equal({ status: 'SERVING' });
    other.close();
    watches[0]?.cancel();
    await watches[0]?.ended;
    expect(await client.health('Check', {})).to.deep.equal({ status: 'SERVING' });
    expect(await client.watch('').next()).to.deep.equal({ status: 'SERVING' });
  });
});
