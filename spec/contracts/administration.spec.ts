/** The contract of administration, asked through each door. */
import { credentials } from '@grpc/grpc-js';
import { GrpcAdministrationClient } from '../../adapters/inbound/grpc/grpc-administration-client.js';
import { IpcClient } from '../../adapters/inbound/ipc/ipc-client.js';
import { IpcServer } from '../../adapters/inbound/ipc/ipc-server.js';
import { GrpcWorld } from '../support/grpc-world.js';
import { SpecFolder } from '../support/server-process.js';
import { administrationContract } from './administration.contract.js';

const SAYS = 'the spec';

administrationContract('the local socket', async () => {
  const world = await GrpcWorld.start();
  const folder = new SpecFolder();
  const path = folder.file('ipc.sock');
  const { service, clock, logger } = world;
  const server = new IpcServer({ path, administration: service.administration, logger });
  await server.listen();
  return {
    service,
    clock,
    logger,
    client: new IpcClient({ path, replyBytesMax: 2 ** 22, silenceMs: 30_000, says: SAYS }),
    door: 'local',
    stop: async () => {
      await server.close();
      await world.stop();
      folder.remove();
    },
  };
});

administrationContract('gRPC', async () => {
  const world = await GrpcWorld.start({ administration: (administration) => administration });
  const { service, clock, logger } = world;
  return {
    service,
    clock,
    logger,
    client: new GrpcAdministrationClient({
      addresses: [world.address],
      credentials: credentials.createInsecure(),
      says: SAYS,
      connectMs: 10_000,
      silenceMs: 30_000,
    }),
    door: 'remote',
    stop: () => world.stop(),
  };
});
