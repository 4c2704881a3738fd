import { Server, ServerCredentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { loadWireDefinition } from '../../../adapters/inbound/grpc/wire-definition.js';
import type { StressOptions } from '../../../client/stress/stress-options.js';
import { StressRun } from '../../../client/stress/stress-run.js';
import { runProgram } from '../../support/server-process.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';

function options(address: string, fields: Partial<StressOptions> = {}): StressOptions {
  return {
    client: { addresses: [address], unavailableTimeoutMs: 1_000 },
    clientCount: 8,
    lockCount: 3,
    holdMsMax: 2,
    waitMsMax: 50,
    sizeMax: 2,
    disconnectsPerMille: 50,
    renamedEveryMs: undefined,
    forMs: undefined,
    seed: 1,
    ...fields,
  };
}

/** A server that grants everything to everybody. */
async function startGenerousServer(): Promise<{ readonly address: string; stop(): void }> {
  const { Session: _, ...methods } = loadWireDefinition();
  const server = new Server();
  let token = 0;
  const grant = (call: { request: { name?: string } }, answer: (...args: unknown[]) => void) => {
    token += 1;
    const { name = '' } = call.request;
    answer(null, { locked: true, unlocked: true, name, key: `k${token}`, fencing_token: token });
  };
  const release = (call: { request: { name?: string } }, answer: (...args: unknown[]) => void) =>
    answer(null, { unlocked: true, name: call.request.name });
  const handlers = { Lock: grant, TryLock: grant, Renew: grant, RefreshLock: grant };
  server.addService(methods as never, { ...handlers, Unlock: release } as never);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

describe('StressRun', function () {
  this.timeout(60_000);
  let server: TestServer;

  beforeEach(async () => {
    server = await startTestServer();
  });

  afterEach(() => server.stop());

  /** Stops a run once it has had so many grants. */
  async function runFor(run: StressRun, grantCount: number) {
    const running = run.run();
    while (run.figures.grantCount < grantCount) {
      await new Promise(setImmediate);
    }
    run.stop();
    return running;
  }

  for (const unary of [false, true]) {
    it(`finds no rule broken by this server${unary ? ', by single calls' : ''}`, async () => {
      const client = { addresses: [server.address], unary };
      const grantCount = unary ? 100 : 300;
      const run = new StressRun(options(server.address, { client }));
      const figures = await runFor(run, grantCount);
      expect(figures.violations).to.deep.equal([]);
      expect(figures.grantCount).to.be.at.least(grantCount);
      expect(figures.waits.count).to.equal(figures.grantCount);
      // Single calls end without a goodbye: what was about to be held is given back when the server hears of it.
      while ((await server.server.administration.stats()).leaseCount > 0) {
        await new Promise(setImmediate);
      }
      for await (const page of server.server.administration.holders()) {
        expect(page).to.deep.equal([]);
      }
    });
  }

  it('finds out a server that grants a lock to everybody, and stops', async () => {
    const generous = await startGenerousServer();
    const client = { addresses: [generous.address] };
    const run = new StressRun(options(generous.address, { client, holdMsMax: 50 }));
    const figures = await run.run();
    generous.stop();
    expect(figures.violations[0]).to.match(/hold stress\/0\/\d, which has [12] slot/);
  });

  it('counts what fails while no server is there', async () => {
    const run = new StressRun(options('127.0.0.1:1', { clientCount: 1 }));
    const running = run.run();
    while (Object.keys(run.figures.failures).length === 0) {
      await new Promise(setImmediate);
    }
    run.stop();
    const figures = await running;
    expect(figures.grantCount).to.equal(0);
  });
});

describe('ldlm-stress', function () {
  this.timeout(60_000);

  it('ends with a summary, and with 0 when nothing was wrong', async () => {
    await using server = await startTestServer();
    const args = `-a ${server.address} -c 4 -l 2 -s 0.01 --wait_max_seconds 0.1 --for 1s`.split(
      ' ',
    );
    const ran = await runProgram('ldlm-stress', args);
    expect(ran.stdout)
      .to.match(/^locked +[1-9]\d* \(/m)
      .and.to.match(/^rules broken +0$/m);
    expect(ran.code).to.equal(0);
  });

  it('ends with 1 when a rule was broken', async () => {
    const generous = await startGenerousServer();
    const args = `-a ${generous.address} -c 8 -l 1 -s 1`.split(' ');
    const ran = await runProgram('ldlm-stress', args);
    generous.stop();
    expect(ran.code).to.equal(1);
    expect(ran.stdout).to.match(/^rules broken +[1-9]/m);
  });

  it('ends with 1 when nothing could be locked, and 80 when it was not understood', async () => {
    const args = '-a 127.0.0.1:1 -c 1 --for 500ms'.split(' ');
    expect(await runProgram('ldlm-stress', args)).to.include({ code: 1 });
    expect(await runProgram('ldlm-stress', ['--nope'])).to.include({ code: 80 });
  });
});
