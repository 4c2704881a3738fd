/** What the operator's end of the network's door says when things go wrong. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import {
  GrpcAdministrationClient,
  GrpcAdministrationError,
} from '../../../../adapters/inbound/grpc/grpc-administration-client.js';
import { everything } from '../../../support/each-of.js';
import { GrpcWorld, type GrpcWorldOptions } from '../../../support/grpc-world.js';
import { ObservedStateStore } from '../../../support/observed-state-store.js';
import { startServerOfOld } from '../../../support/server-of-old.js';
import { steadyPort } from '../../../support/steady-port.js';

describe('GrpcAdministrationClient', function () {
  this.timeout(60_000);
  const closing: (() => void | Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0)) {
      await close();
    }
  });

  async function start(options: GrpcWorldOptions = {}): Promise<GrpcWorld> {
    const world = await GrpcWorld.start({
      administration: (administration) => administration,
      ...options,
    });
    closing.push(() => world.stop());
    return world;
  }

  function client(
    addresses: readonly string[],
    {
      password,
      connectMs = 5_000,
      silenceMs = 30_000,
    }: Partial<{
      password: string;
      connectMs: number;
      silenceMs: number;
    }> = {},
  ): GrpcAdministrationClient {
    const made = new GrpcAdministrationClient({
      addresses,
      credentials: credentials.createInsecure(),
      ...(password !== undefined && { password }),
      connectMs,
      silenceMs,
    });
    closing.unshift(() => made.close());
    return made;
  }

  async function problemOf(work: Promise<unknown>): Promise<string> {
    const outcome: unknown = await work.catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(GrpcAdministrationError);
    return (outcome as GrpcAdministrationError).message;
  }

  it('says so where no server is, with the reason for each address', async () => {
    const address = `127.0.0.1:${await steadyPort()}`;
    expect(await problemOf(client([address]).stats())).to.match(
      new RegExp(
        `^no ldlm server was reached \\(${address}: .*ECONNREFUSED.*\\): see --address`,
        's',
      ),
    );
  });

  it('takes the first server that is reached', async () => {
    const { address } = await start();
    expect(await client([`127.0.0.1:${await steadyPort()}`, address]).stats()).to.include({
      role: 'single',
    });
  });

  it('gives up a server that does not let itself be connected to', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      // A connection that never came about is not given up by the library when its client closes.
      closing.push(() => void socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const problem = problemOf(client([`127.0.0.1:${port}`], { connectMs: 50 }).stats());
    expect(await problem).to.match(/^no ldlm server was reached/);
  });

  it('says what to do where a password is asked for, or another one', async () => {
    const { address } = await start({
      admission: { admit: (shown) => (shown === undefined ? 'missing' : 'wrong') },
    });
    expect(await problemOf(client([address]).stats())).to.equal(
      `the server at ${address} asks for a password: give --password_file FILE, or set LDLM_PASSWORD`,
    );
    expect(await problemOf(client([address], { password: 'x' }).stats())).to.equal(
      `the server at ${address} has another password: see --password_file and LDLM_PASSWORD`,
    );
  });

  it('says so where remote administration is off, in the server’s words', async () => {
    const { address } = await start({
      administration: () => undefined,
    });
    expect(await problemOf(everything(client([address]).holders({})))).to.equal(
      'the server could not do it: remote administration is off on this server; start it with --remote_admin, ' +
        'or use ldlm-lock on its own machine',
    );
  });

  it('says so where the server is older than that', async () => {
    const { address, stop } = await startServerOfOld(new ObservedStateStore());
    closing.push(stop);
    expect(await problemOf(client([address]).stats())).to.match(
      /is older than this ldlm-lock, or none of LDLM's: upgrade it/,
    );
  });

  it('finds a server again that was away', async () => {
    const world = await start();
    const one = client([world.address]);
    await one.stats();
    await world.stop();
    const problem = await problemOf(one.stats());
    expect(problem).to.match(/is gone, or stops|no ldlm server was reached/);
  });

  it('gives up a server that says nothing', async () => {
    const { address } = await start({
      administration: (service) =>
        Object.assign(Object.create(service), { stats: () => new Promise(() => undefined) }),
    });
    expect(await problemOf(client([address], { silenceMs: 100 }).stats())).to.match(
      /has said nothing for too long/,
    );
  });
});
