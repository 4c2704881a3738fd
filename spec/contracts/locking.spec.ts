/** The contract of locking, asked through each door. */
import { refusalToWire } from '../../adapters/inbound/grpc/refusal-to-wire.js';
import { FOREVER } from '../../domain/instant.js';
import type { RefusalCode } from '../../domain/refusal.js';
import type { Acquisition } from '../../ports/inbound/locking.js';
import { GrpcWorld, type GrpcWorldClient, type Outcome } from '../support/grpc-world.js';
import {
  type LockFields,
  RestWorld,
  type RestWorldClient,
  startService,
} from '../support/rest-world.js';
import {
  type Door,
  type DoorAnswer,
  type DoorRequest,
  type DoorWorld,
  lockingContract,
} from './locking.contract.js';

/** The name that a refusal's code has on the wires; what is held has none. */
function wireCode(code: RefusalCode): string | undefined {
  const refusal = refusalToWire(code);
  return refusal.as === 'error' ? refusal.code : undefined;
}

/** Seconds as the wires have them, where 0 and nothing mean without end. */
function timeOf(seconds: number | undefined): number {
  return seconds === undefined ? FOREVER : seconds * 1000;
}

async function openService(): Promise<DoorWorld> {
  const { clock, service, locking } = await startService();
  const enter = async (): Promise<Door> => {
    const opened = locking.openSession({ kind: 'connection', peer: 'spec' });
    const sessionId = opened.kind === 'opened' ? opened.sessionId : '';
    const ask = (request: DoorRequest, waitMs: number): Acquisition => {
      const { name, size = 1, leaseSeconds } = request;
      return locking.acquire({ sessionId, name, size, waitMs, leaseMs: timeOf(leaseSeconds) });
    };
    const told = async ({ key, answer }: Acquisition): Promise<DoorAnswer> => {
      const outcome = await answer;
      return outcome.kind === 'granted'
        ? { isGranted: true, key, fencingToken: outcome.fencingToken, code: undefined }
        : { isGranted: false, key, fencingToken: 0, code: wireCode(outcome.code) };
    };
    return {
      acquire: (request) => told(ask(request, timeOf(request.waitSeconds))),
      tryAcquire: (request) => told(ask(request, 0)),
      acquireAndGiveUp: async (request, isIn) => {
        const acquisition = ask(request, FOREVER);
        await isIn();
        acquisition.withdraw();
      },
      release: async (lease) => {
        const answer = await locking.release(lease);
        return answer.kind === 'released' ? undefined : wireCode(answer.code);
      },
      renew: async (lease, leaseSeconds) => {
        const answer = await locking.renew({ ...lease, leaseMs: leaseSeconds * 1000 });
        return answer.kind === 'renewed' ? undefined : wireCode(answer.code);
      },
      leave: async () => {
        await locking.endSession(sessionId, 'closed');
      },
    };
  };
  return {
    enter,
    until: (event, count) => locking.until(event, count),
    advance: (ms) => clock.advance(ms),
    stop: () => service.close(),
  };
}

/** Requests as both wires have them. */
function wireRequest({ name, size, leaseSeconds, waitSeconds }: DoorRequest): object {
  return {
    name,
    ...(size === undefined ? {} : { size }),
    ...(leaseSeconds === undefined ? {} : { lock_timeout_seconds: leaseSeconds }),
    ...(waitSeconds === undefined ? {} : { wait_timeout_seconds: waitSeconds }),
  };
}

/** Code 0 is left out by gRPC, as proto3 leaves out defaults. */
function answered({ locked, key, fencing_token, error }: Outcome | LockFields): DoorAnswer {
  return {
    isGranted: locked === true,
    key: key ?? '',
    fencingToken: Number(fencing_token ?? 0),
    code: error === undefined || error === null ? undefined : (error.code ?? 'Unknown'),
  };
}

async function openGrpc(): Promise<DoorWorld> {
  const world = await GrpcWorld.start();
  const door = (client: GrpcWorldClient): Door => ({
    acquire: async (request) => answered(await client.call('Lock', wireRequest(request))),
    tryAcquire: async ({ waitSeconds: _, ...request }) =>
      answered(await client.call('TryLock', wireRequest(request))),
    acquireAndGiveUp: async (request, isIn) => {
      const call = client.start('Lock', wireRequest(request));
      await isIn();
      call.cancel();
      await call.outcome;
    },
    release: async (lease) => answered(await client.call('Unlock', lease)).code,
    renew: async (lease, lock_timeout_seconds) =>
      answered(await client.call('Renew', { ...lease, lock_timeout_seconds })).code,
    leave: async () => client.close(),
  });
  return {
    enter: async () => door(world.client()),
    until: (event, count) => world.locking.until(event, count),
    advance: (ms) => world.clock.advance(ms),
    stop: () => world.stop(),
  };
}

async function openRest(): Promise<DoorWorld> {
  const world = await RestWorld.start();
  const door = (client: RestWorldClient): Door => ({
    acquire: async (request) => answered(await client.post('/v1/acquire', wireRequest(request))),
    tryAcquire: async (request) => answered(await client.post('/v1/lock', wireRequest(request))),
    acquireAndGiveUp: async (request, isIn) => {
      const body = JSON.stringify(wireRequest(request));
      const { hangUp } = client.start({ method: 'POST', path: '/v1/acquire', body });
      await isIn();
      hangUp();
    },
    release: async (lease) => answered(await client.post('/v1/unlock', lease)).code,
    renew: async (lease, lock_timeout_seconds) =>
      answered(await client.post('/v1/renew', { ...lease, lock_timeout_seconds })).code,
    leave: async () => {
      await client.send({ method: 'DELETE', path: '/session' });
    },
  });
  return {
    enter: async () => door(await world.client()),
    until: (event, count) => world.locking.until(event, count),
    advance: (ms) => world.clock.advance(ms),
    stop: () => world.stop(),
  };
}

lockingContract('the service itself', openService);
lockingContract('gRPC', openGrpc);
lockingContract('REST', openRest);
