/** The administration over sockets and the gRPC library: what the contract of both doors leaves open. */
import { once } from 'node:events';
import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { loadAdminDefinition } from '../../../../adapters/inbound/grpc/admin-definition.js';
import { ADMIN_CALLS_MAX } from '../../../../adapters/inbound/grpc/admin-handlers.js';
import { FOREVER } from '../../../../domain/instant.js';
import type { Administration } from '../../../../ports/inbound/administration.js';
import type { AdminClient } from '../../../../proto/generated/ldlm/admin/Admin.js';
import { Authority } from '../../../support/certificates.js';
import { FrameClient } from '../../../support/frame-client.js';
import { GrpcWorld, type GrpcWorldOptions } from '../../../support/grpc-world.js';
import { someHolder } from '../../../support/some-holder.js';
import { acquire } from '../../../support/stream-world.js';

/** What a call comes to: its answer, or its status. */
type Answer = { readonly response?: object; readonly code: number; readonly details?: string };

describe('the Admin service', function () {
  this.timeout(60_000);
  let world: GrpcWorld;
  let client: AdminClient;
  let metadata: Metadata;

  async function start(options: GrpcWorldOptions = {}): Promise<void> {
    world = await GrpcWorld.start({
      administration: (administration) => administration,
      ...options,
    });
    metadata = new Metadata();
    client = connect();
  }

  function connect(channel = credentials.createInsecure()): AdminClient {
    const { Client } = loadAdminDefinition();
    return new Client(world.address, channel, {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.ssl_target_name_override': 'localhost',
    });
  }

  afterEach(async () => {
    client.close();
    await world.stop();
  });

  function ask(
    start: (answer: (error: ServiceError | null, response?: object) => void) => unknown,
  ): Promise<Answer> {
    return new Promise((resolve) => {
      start((error, response) =>
        resolve(
          error === null
            ? { code: status.OK, ...(response && { response }) }
            : { code: error.code, details: error.details },
        ),
      );
    });
  }

  const stats = () => ask((answer) => client.Stats({}, metadata, answer));
  const kick = (session_id: string, from = client) =>
    ask((answer) => from.Kick({ session_id }, metadata, answer));

  /** How a stream of pages ends. */
  function endOf(stream: NodeJS.EventEmitter): Promise<Answer> {
    stream.on('data', () => undefined);
    stream.on('error', () => undefined);
    return new Promise((resolve) => stream.on('status', resolve));
  }

  describe('where it is off', () => {
    beforeEach(() => start({ administration: () => undefined }));

    const refusal = {
      code: status.PERMISSION_DENIED,
      details:
        'remote administration is off on this server; start it with --remote_admin, or use ldlm-lock on its own machine',
    };

    it('says what to do, whatever is called', async () => {
      expect(await stats()).to.deep.equal(refusal);
      expect(await kick('x')).to.deep.equal(refusal);
      expect(await endOf(client.ListHolders({}, metadata))).to.deep.include(refusal);
      expect(await endOf(client.Watch({}, metadata))).to.deep.include(refusal);
    });
  });

  it('asks for the password before anything else', async () => {
    await start({
      administration: () => undefined,
      admission: { admit: (shown) => (shown === 'x' ? 'admitted' : 'missing') },
    });
    expect(await stats()).to.include({ code: status.UNAUTHENTICATED });
    metadata.set('authorization', 'x');
    expect(await stats()).to.include({ code: status.PERMISSION_DENIED });
  });

  it('refuses a pattern that is too long, and a key beside all', async () => {
    await start();
    const long = client.ListHolders({ name_pattern: '*'.repeat(1_025) }, metadata);
    expect(await endOf(long)).to.include({ code: status.INVALID_ARGUMENT });
    const both = { name: 'a', key: 'k', all: true };
    const answer = await ask((tell) => client.Unlock(both, metadata, tell));
    expect(answer).to.include({ code: status.INVALID_ARGUMENT });
  });

  it('answers that it cannot vouch for its state when that is so', async () => {
    await start({ administration: failing });
    expect(await stats()).to.include({ code: status.UNAVAILABLE });
    expect(await endOf(client.ListHolders({}, metadata))).to.include({ code: status.UNAVAILABLE });
  });

  it('serves so many calls at once, and one more when one has gone', async () => {
    await start();
    const watches = Array.from({ length: ADMIN_CALLS_MAX }, () => client.Watch({}, metadata));
    const ends = watches.map((watch) => endOf(watch));
    await Promise.all(watches.map((watch) => once(watch, 'data')));
    expect(await stats()).to.include({ code: status.RESOURCE_EXHAUSTED });
    watches[0]?.cancel();
    await ends[0];
    let answer = await stats();
    while (answer.code === status.RESOURCE_EXHAUSTED) {
      answer = await stats();
    }
    expect(answer.code).to.equal(status.OK);
  });

  it('ends a watch as the server stops', async () => {
    await start();
    const end = endOf(client.Watch({}, metadata));
    await stats();
    await world.service.drain();
    expect(await end).to.deep.include({
      code: status.UNAVAILABLE,
      details: 'the server is stopping; ask again when it is back',
    });
  });

  it('cuts off a peer that does not read, and asks for no more pages', async () => {
    let pageCount = 0;
    await new Promise<void>((resolve, reject) => {
      const holders = async function* () {
        try {
          for (;;) {
            pageCount += 1;
            yield [someHolder({ name: 'n'.repeat(65_536) })];
          }
        } finally {
          resolve();
        }
      };
      start({
        administration: (administration) => overriding(administration, { holders }),
        bounds: { messageTimeoutMs: 50 },
      }).then(() => {
        const unread = client.ListHolders({}, metadata);
        unread.on('error', () => undefined);
        // Until it is told to read at all, this library takes whatever comes; then, what its buffer holds.
        unread.on('readable', () => undefined);
      }, reject);
    });
    expect(pageCount).to.be.below(200);
    expect(world.service.leaseCount).to.equal(0);
  });

  it('asks for no more pages once a client has cancelled', async () => {
    await new Promise<void>((resolve, reject) => {
      const holders = async function* () {
        try {
          for (;;) {
            yield [someHolder()];
          }
        } finally {
          resolve();
        }
      };
      start({ administration: (administration) => overriding(administration, { holders }) }).then(
        () => {
          const listing = client.ListHolders({}, metadata);
          listing.on('error', () => undefined);
          listing.once('data', () => listing.cancel());
        },
        reject,
      );
    });
  });

  it('stops listening for a watcher that has gone, though nothing happens', async () => {
    let isClosed: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => {
      isClosed = resolve;
    });
    await start({
      administration: (administration) =>
        overriding(administration, {
          watch: (filter) => {
            const feed = administration.watch(filter);
            const close = () => {
              feed.close();
              isClosed();
            };
            return { close, [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator]() };
          },
        }),
    });
    const watch = client.Watch({}, metadata);
    watch.on('error', () => undefined);
    await once(watch, 'data');
    watch.cancel();
    await closed;
  });

  describe('ends the session', () => {
    beforeEach(() => start());

    /** The ids of sessions of that kind that hold or wait for something. */
    async function busySessions(kind: string): Promise<readonly string[]> {
      const found: string[] = [];
      for await (const sessions of world.service.administration.sessions()) {
        for (const { sessionId, kind: itsKind, leaseCount, waiterCount } of sessions) {
          if (itsKind === kind && leaseCount + waiterCount > 0) {
            found.push(sessionId);
          }
        }
      }
      return found;
    }

    it('of a unary client: its lock passes on, what it waits for is refused, and it is cut off', async () => {
      const holder = world.client();
      const other = world.client();
      const { fencing_token: token = 0 } = await holder.call('Lock', { name: 'printer' });
      await other.call('Lock', { name: 'scanner' });
      const waiting = holder.call('Lock', { name: 'scanner' });
      const next = other.call('Lock', { name: 'printer' });
      await world.locking.until('acquire', 4);
      const [session = ''] = await busySessions('connection');
      expect(await kick(session)).to.deep.include({
        response: { session: (await kickedPeer()) ?? '', lease_count: 1, waiter_count: 1 },
      });
      expect(await waiting).to.include({ status: status.UNAVAILABLE });
      expect((await next).fencing_token).to.be.greaterThan(Number(token));
      await world.locking.until('endSession', 1);
      // Once it has seen that it is cut off, it comes by a new connection, and so in a new session.
      let again = await holder.call('TryLock', { name: 'plotter' });
      while (again.status === status.UNAVAILABLE) {
        again = await holder.call('TryLock', { name: 'plotter' });
      }
      expect(again).to.include({ locked: true });
    });

    async function kickedPeer(): Promise<string | undefined> {
      const line = world.logger.lines.find(({ message }) => message.startsWith('Session ended by'));
      return line?.fields.peer as string | undefined;
    }

    it('of a stream client, which is told so', async () => {
      const stream = new FrameClient(world.address);
      stream.hello();
      stream.send({ acquires: [acquire(1)] });
      await stream.granted(1);
      const [session = ''] = await busySessions('stream');
      expect(await kick(session)).to.include({ code: status.OK });
      expect(await stream.status).to.include({
        code: status.ABORTED,
        details: 'the session was ended by the server; open a new one',
      });
      expect(stream.frames.some(({ notices }) => notices.includes(3))).to.equal(true);
      expect(world.service.leaseCount).to.equal(0);
      stream.close();
    });

    it('but not that of the connection by which it is asked', async () => {
      const own = (await everySession()).at(-1) ?? '';
      expect(await kick(own)).to.deep.include({ code: status.FAILED_PRECONDITION });
      const another = connect();
      expect(await kick(own, another)).to.include({ code: status.OK });
      another.close();
    });

    async function everySession(): Promise<readonly string[]> {
      await stats();
      const found: string[] = [];
      for await (const sessions of world.service.administration.sessions()) {
        found.push(...sessions.map(({ sessionId }) => sessionId));
      }
      return found;
    }
  });

  it('tells a stream client whose lock is unlocked that it was revoked', async () => {
    await start();
    const stream = new FrameClient(world.address);
    stream.hello();
    stream.send({ acquires: [acquire(1)] });
    const { key } = await stream.granted(1);
    await ask((tell) => client.Unlock({ name: 'printer' }, metadata, tell));
    const lost = await stream.until((frames) => frames.flatMap((frame) => frame.lost)[0]);
    expect(lost).to.deep.equal({ name: 'printer', key, reason: 2 });
    stream.close();
  });

  it('writes down whose certificate it was', async () => {
    const authority = await Authority.create();
    const server = await authority.issue();
    const operator = await authority.issue({ name: 'operator', purpose: 'client' });
    await start({
      tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    });
    const [ca, key, cert] = [authority.cert, operator.key, operator.cert].map(Buffer.from);
    const secure = connect(credentials.createSsl(ca ?? null, key ?? null, cert ?? null));
    await kick('nobody', secure);
    secure.close();
    const line = world.logger.lines.find(({ message }) => message.startsWith('Session ended by'));
    expect(line?.fields.by).to.include({ certificate: 'CN=operator' });
  });

  it('lists a lease without an end, of a lock that thousands wait for, whole', async () => {
    await start();
    const opened = world.service.openSession({ kind: 'connection', peer: 'spec' });
    const sessionId = opened.kind === 'opened' ? opened.sessionId : '';
    const wanted = { sessionId, name: 'a', size: 1, waitMs: FOREVER, leaseMs: FOREVER };
    for (let number = 0; number < 1_000; number += 1) {
      world.service.acquire(wanted);
    }
    const pages: { waiters?: unknown[] }[] = [];
    const listing = client.ShowLock({ name: 'a' }, metadata);
    listing.on('data', (page) => pages.push(page));
    await once(listing, 'end');
    expect(pages.flatMap(({ waiters = [] }) => waiters)).to.have.lengthOf(999);
    expect(pages.length).to.be.greaterThan(3);
  });
});

function overriding(
  administration: Administration,
  methods: Partial<Administration>,
): Administration {
  return new Proxy(administration, {
    get: (target, name) => {
      const own: unknown = Reflect.get(methods, name);
      const inherited: unknown = Reflect.get(target, name, target);
      return own ?? (typeof inherited === 'function' ? inherited.bind(target) : inherited);
    },
  });
}

function failing(administration: Administration): Administration {
  const failure = new Error('the disk is full');
  return overriding(administration, {
    stats: () => Promise.reject(failure),
    // biome-ignore lint/correctness/useYield: it fails before it has anything.
    async *holders() {
      throw failure;
    },
  });
}
