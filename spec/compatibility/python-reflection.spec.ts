/** Python's own reflection and health clients, which check what they are told more strictly than Node's. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { GrpcWorld } from '../support/grpc-world.js';
import { PythonEnvironment } from './python-environment.js';

const run = promisify(execFile);

const PROGRAM = fileURLToPath(new URL('python/reflection_client.py', import.meta.url));

const PACKAGES = {
  name: 'python-reflection',
  python: '3.10',
  libraries: [
    'grpcio==1.85.1',
    'grpcio-reflection==1.85.1',
    'grpcio-health-checking==1.85.1',
    'protobuf==7.35.1',
    'typing-extensions==4.15.0',
  ],
  releases: [],
};

describe('A Python client without a proto file', function () {
  // The first time, pip fetches its libraries.
  this.timeout(180_000);

  it('finds out by reflection what there is, and locks; and asks for health without a password', async () => {
    const environment = await PythonEnvironment.open({ packages: PACKAGES });
    const world = await GrpcWorld.start({
      admission: { admit: (shown) => (shown === 'sesame' ? 'admitted' : 'wrong') },
    });
    const { stdout } = await run(environment.program, [PROGRAM, world.address, 'sesame']);
    await world.stop();
    const { answer, ...found } = JSON.parse(stdout) as { answer: Record<string, unknown> };
    expect(found).to.deep.equal({
      services: ['grpc.health.v1.Health', 'ldlm.LDLM'],
      methods: ['Lock', 'RefreshLock', 'Renew', 'Session', 'TryLock', 'Unlock'],
      owner: 'OwnerEntry',
      optional: true,
      health: 'SERVING',
    });
    expect(answer).to.include({ locked: true, name: 'a' });
    expect(answer['fencing_token']).to.match(/^\d+$/);
  });
});
