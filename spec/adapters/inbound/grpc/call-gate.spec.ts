import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { MemoryStateStore } from '../../../../adapters/outbound/memory/memory-state-store.js';
import type { Fact } from '../../../../domain/facts.js';
import type { Admission } from '../../../../ports/inbound/admission.js';
import { GrpcWorld, type Method } from '../../../support/grpc-world.js';
import {
  callFields,
  END_STREAM,
  FRAME,
  field,
  RawHttp2Connection,
  REMEMBERED_FIELD,
} from '../../../support/raw-http2-connection.js';

const METHODS: readonly Method[] = ['Lock', 'TryLock', 'Unlock', 'RefreshLock', 'Renew'];

/** Knows one password, and who asked to come in with which. */
class WitnessedAdmission implements Admission {
  readonly seen: { readonly shown: string | undefined; readonly peer: string }[] = [];

  admit(shown: string | undefined, peer: string): ReturnType<Admission['admit']> {
    this.seen.push({ shown, peer });
    return shown === 'sesame' ? 'admitted' : shown === undefined ? 'missing' : 'wrong';
  }
}

/** Keeps nothing until it is told to keep all. */
class SlowStateStore extends MemoryStateStore {
  isKept!: () => void;
  readonly #kept = new Promise<void>((resolve) => {
    this.isKept = resolve;
  });

  override async append(facts: readonly Fact[]): Promise<void> {
    await this.#kept;
    await super.append(facts);
  }
}

/** Of a name that is not locked. */
const UNLOCK = Buffer.from('00000000060a017a12016b', 'hex');
/** What a client says that takes a call back (RFC 9113, section 7). */
const CANCEL = Buffer.from('00000008', 'hex');

describe('callGate', () => {
  let admission: WitnessedAdmission;
  let world: GrpcWorld;

  beforeEach(async () => {
    admission = new WitnessedAdmission();
    world = await GrpcWorld.start({ admission, bounds: { headerBytesMax: 1_024 } });
  });

  afterEach(async () => {
    await world.stop();
  });

  describe('with a password', () => {
    const request = { name: 'a', key: 'k', lock_timeout_seconds: 1 };

    for (const method of METHODS) {
      it(`refuses ${method} without it, word for word as clients expect`, async () => {
        expect(await world.client().call(method, request)).to.deep.equal({
          status: status.UNAUTHENTICATED,
          details: 'missing credentials',
        });
      });

      it(`refuses ${method} with another one, word for word as clients expect`, async () => {
        const client = world.client({ metadata: { authorization: 'simsim' } });
        expect(await client.call(method, request)).to.deep.equal({
          status: status.UNAUTHENTICATED,
          details: 'invalid credentials',
        });
      });

      it(`lets ${method} in with it`, async () => {
        const client = world.client({ metadata: { authorization: 'sesame' } });
        expect(await client.call(method, request)).not.to.have.property('status');
      });
    }

    it('asks for it with every call, also on a connection that was let in before', async () => {
      const raw = world.rawClient();
      const path = '/ldlm.LDLM/TryLock';
      await raw.call(path, Buffer.from('0a0161', 'hex'), { authorization: 'sesame' });
      expect(await raw.call(path, Buffer.from('0a0161', 'hex'))).to.include({
        status: status.UNAUTHENTICATED,
      });
    });

    it('asks for it before it reads the message', async () => {
      expect(await world.raw('Lock', Buffer.from('ffffff', 'hex'))).to.include({
        status: status.UNAUTHENTICATED,
      });
    });

    it('has nothing asked of the locks by who does not know it', async () => {
      await world.client().call('Lock', { name: 'a' });
      expect(world.locking.countOf('acquire')).to.equal(0);
    });

    it('tells who wanted to come in', async () => {
      const client = world.client({ metadata: { authorization: 'simsim' } });
      await client.call('Lock', { name: 'a' });
      expect(admission.seen).to.have.length(1);
      expect(admission.seen[0]?.shown).to.equal('simsim');
      expect(admission.seen[0]?.peer).to.match(/^127\.0\.0\.1:\d+$/);
    });

    it('leaves unknown methods unknown', async () => {
      const answer = await world.rawClient().call('/ldlm.LDLM/Nope', Buffer.alloc(0));
      expect(answer).to.include({ status: status.UNIMPLEMENTED });
    });
  });

  describe('the bound on headers', () => {
    /** A field's name and value, and 32 bytes for each; what the library takes for itself is not counted. */
    const fitting = { authorization: 'sesame', 'x-filler': 'x'.repeat(1_024 - 8 - 32 - 19 - 32) };

    function tryLock(headers: Readonly<Record<string, string>>) {
      return world.rawClient().call('/ldlm.LDLM/TryLock', Buffer.from('0a0161', 'hex'), headers);
    }

    it('takes headers that reach it', async () => {
      expect(await tryLock(fitting)).to.include({ status: status.OK });
    });

    it('refuses one byte more, before it asks for the password', async () => {
      const answer = await tryLock({ ...fitting, 'x-filler': `${fitting['x-filler']}x` });
      expect(answer).to.include({
        status: status.RESOURCE_EXHAUSTED,
        details: 'the headers of the call are larger than this server takes; send less metadata',
      });
      expect(admission.seen).to.deep.equal([]);
    });

    it('counts every field, whatever its name', async () => {
      const headers = JSON.parse(`{ "__proto__": "${'x'.repeat(2_000)}" }`);
      expect(await tryLock(headers)).to.include({ status: status.RESOURCE_EXHAUSTED });
    });

    it('holds for a client that packs many headers into few bytes', async () => {
      const client = await RawHttp2Connection.open(world.address);
      const fields = callFields('/ldlm.LDLM/Lock');
      client.call(1, fields, field('x', 'x'.repeat(900), true));
      for (let streamId = 3; streamId < 23; streamId += 2) {
        client.call(streamId, fields, REMEMBERED_FIELD, REMEMBERED_FIELD);
      }
      await client.received(FRAME.headers, 11);
      expect(admission.seen).to.have.length(1);
      client.close();
    });

    it('cuts a connection that goes past it again and again, and no other', async () => {
      const guilty = await RawHttp2Connection.open(world.address);
      const filler = field('x', 'x'.repeat(1_100));
      for (let streamId = 1; streamId < 61; streamId += 2) {
        guilty.call(streamId, callFields('/ldlm.LDLM/Lock'), filler);
      }
      await guilty.closed;
      expect(await tryLock(fitting)).to.include({ status: status.OK });
    });
  });

  describe('the bound on the time of a message', () => {
    const path = '/ldlm.LDLM/Lock';

    beforeEach(async () => {
      await world.stop();
      world = await GrpcWorld.start({ bounds: { messageTimeoutMs: 40 } });
    });

    it('refuses a call whose message does not come', async () => {
      const call = world.rawClient().open(path);
      const [answer] = (await once(call, 'response')) as [Readonly<Record<string, unknown>>];
      expect(answer['grpc-status']).to.equal(String(status.DEADLINE_EXCEEDED));
      call.close();
    });

    it('cuts a connection that has many such calls, and frees the session', async () => {
      const client = await RawHttp2Connection.open(world.address);
      for (let streamId = 1; streamId < 241; streamId += 2) {
        client.call(streamId, callFields(path));
      }
      await client.closed;
      await world.locking.until('endSession', 1);
    });

    it('cuts a connection that takes none of its answers', async () => {
      const client = await RawHttp2Connection.open(world.address);
      // A name of 10,000 bytes comes back with the answer; the window of a connection has 65,535.
      const message = Buffer.concat([Buffer.from('00000027130a904e', 'hex'), Buffer.alloc(10_000)]);
      for (let count = 1; count <= 40; count += 1) {
        const streamId = 2 * count - 1;
        client.call(streamId, callFields('/ldlm.LDLM/TryLock'));
        client.send({ flags: END_STREAM, streamId, payload: message });
        // The head of the answer comes; its body finds no room from the seventh on.
        await Promise.race([client.received(FRAME.headers, count), client.closed]);
      }
      await client.closed;
      await world.locking.until('endSession', 1);
    });

    /** @throws Error if the connection ends before so many were answered. */
    async function answered(client: RawHttp2Connection, count: number): Promise<void> {
      const end = client.closed.then(() => Promise.reject(new Error('the connection was cut')));
      await Promise.race([client.received(FRAME.headers, count), end]);
    }

    it('has nothing against a client that takes calls back which are answered all the same', async () => {
      const store = new SlowStateStore();
      await world.stop();
      world = await GrpcWorld.start({ store, bounds: { messageTimeoutMs: 500 } });
      const locked = world.client().call('TryLock', { name: 'a' });
      await world.locking.until('acquire', 1);
      // Refusals, too, are answered when what was asked for before is kept.
      const client = await RawHttp2Connection.open(world.address);
      const streamIds = Array.from({ length: 50 }, (_, index) => 2 * index + 1);
      for (const streamId of streamIds) {
        client.call(streamId, callFields('/ldlm.LDLM/Unlock'));
        client.send({ flags: END_STREAM, streamId, payload: UNLOCK });
      }
      await world.locking.until('release', streamIds.length);
      for (const streamId of streamIds) {
        client.send({ type: FRAME.resetStream, streamId, payload: CANCEL });
      }
      client.call(101, callFields('/ldlm.LDLM/Nope'));
      await answered(client, 1);
      store.isKept();
      expect(await locked).to.include({ locked: true });
      client.call(103, callFields(path));
      // Its message is overdue; by then every answer is that could be.
      await answered(client, 2);
      client.call(105, callFields('/ldlm.LDLM/Nope'));
      await answered(client, 3);
      client.close();
    });

    it('is none for a call that waits for a lock', async () => {
      const client = world.client();
      const { key } = await client.call('Lock', { name: 'a' });
      const waiting = client.call('Lock', { name: 'a' });
      const idle = await RawHttp2Connection.open(world.address);
      idle.call(1, callFields(path));
      // Whoever comes later and sends no message is told so after that time.
      await idle.received(FRAME.headers, 1);
      await client.call('Unlock', { name: 'a', key });
      expect(await waiting).to.include({ locked: true });
      idle.close();
    });
  });
});
