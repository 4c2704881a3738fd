import { once } from 'node:events';
import { existsSync, unlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import type { HolderFeed } from '../../../../domain/holder-watch.js';
import { FOREVER } from '../../../../domain/instant.js';
import { InvariantError } from '../../../../domain/invariant.js';
import { refused } from '../../../../domain/refusal.js';
import { someHolder } from '../../../support/some-holder.js';
import { everythingFrom, IpcWorld, pagesOf } from './ipc-world.js';

const LIST = '{"v":1,"method":"list"}\n';
const END = '{"end":true,"now":1060000}\n';

describe('IpcServer', () => {
  let world: IpcWorld;

  beforeEach(() => {
    world = new IpcWorld();
  });

  afterEach(async () => {
    await world.close();
  });

  /**
   * Pages of the largest names without an end, the first when it is `due`.
   * @returns the moment at which nobody asks for more.
   */
  function endlessPages(due?: () => Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      world.administration.pages = async function* () {
        try {
          await due?.();
          for (;;) {
            yield [someHolder({ name: 'n'.repeat(65_536) })];
          }
        } finally {
          resolve();
        }
      };
    });
  }

  describe('asked for a list', () => {
    it('answers page by page and ends with its clock', async () => {
      await world.listen();
      world.administration.pages = () =>
        pagesOf([someHolder({ name: 'a' })], [], [someHolder({ name: 'b' })]);
      const lines = (await world.converse(LIST)).split('\n');
      expect(lines.map((line) => line.slice(0, 22))).to.deep.equal([
        '{"holders":[{"name":"a',
        '{"holders":[{"name":"b',
        '{"end":true,"now":1060',
        '',
      ]);
    });

    it('answers with every field, and null for a lease without an end', async () => {
      await world.listen();
      world.administration.pages = () => pagesOf([someHolder({ expiresAt: FOREVER })]);
      expect(await world.converse(LIST)).to.equal(
        '{"holders":[{"name":"a","size":1,"key":"2ce80fb6-81ed-4f95-9d01-6c2a4f1f0b9e",' +
          '"fencingToken":7,"grantedAt":1000000,"expiresAt":null,"sessionId":"s1",' +
          `"session":"connection 127.0.0.1:51234","waiterCount":0}]}\n${END}`,
      );
    });

    it('answers with the holders of one lock if a name is given', async () => {
      await world.listen();
      world.administration.pages = () =>
        pagesOf([someHolder({ name: 'a' }), someHolder({ name: 'b' })]);
      const answer = await world.converse('{"v":1,"method":"list","name":"b"}\n');
      expect(answer).to.include('"name":"b"').and.not.to.include('"name":"a"');
    });

    it('answers a peer that has closed its own half', async () => {
      await world.listen();
      world.administration.pages = async function* () {
        // By the end of another conversation, the end of this one's half has come.
        await world.converse('nonsense\n');
        yield [];
      };
      const peer = await world.peer();
      peer.end(LIST);
      expect(await everythingFrom(peer)).to.equal(END);
    });

    it('tells of a failure of the store, and goes on', async () => {
      await world.listen();
      world.administration.pages = async function* () {
        yield [someHolder()];
        throw new Error('the disk is full');
      };
      expect(await world.converse(LIST)).to.match(/^{"holders".*\n{"error":"the disk is full"}\n$/);
      expect(world.log).to.match(/"level":"ERROR".*"reason":"the disk is full"/);
      world.administration.pages = () => pagesOf();
      expect(await world.converse(LIST)).to.equal(END);
    });
  });

  describe('asked to unlock', () => {
    it('passes on name and key, and answers with the key of the lease that ended', async () => {
      await world.listen();
      world.administration.answer = async () => ({ kind: 'revoked', key: '0123456789abcdef' });
      const answer = await world.converse('{"v":1,"method":"unlock","name":"a","key":"k"}\n');
      expect(answer).to.equal('{"revoked":"0123456789abcdef"}\n');
      expect(world.administration.revokeRequests).to.deep.equal([{ name: 'a', key: 'k' }]);
    });

    it('passes on no key where none is given', async () => {
      await world.listen();
      await world.converse('{"v":1,"method":"unlock","name":"a"}\n');
      expect(world.administration.revokeRequests).to.deep.equal([{ name: 'a' }]);
    });

    it('says who asks: whoever may open the socket, and who they say they are', async () => {
      await world.listen();
      await world.converse('{"v":1,"method":"unlock","name":"a","says":"ann"}\n');
      const uid = process.getuid?.() ?? 0;
      expect(world.administration.operator).to.deep.equal({
        door: 'local',
        peer: uid === 0 ? 'uid 0' : `uid ${uid} or 0`,
        says: 'ann',
      });
    });

    it('unlocks every lease of a lock, and tells how many', async () => {
      await world.listen();
      world.administration.answerToAll = { kind: 'revoked-many', count: 3 };
      const answer = await world.converse(
        '{"v":1,"method":"unlock-all","name":"a","says":"ann"}\n',
      );
      expect(answer).to.equal('{"revokedCount":3}\n');
      expect(world.administration.asked).to.deep.equal([['revokeAll', 'a']]);
      expect(world.administration.operator).to.include({ door: 'local', says: 'ann' });
    });

    it('answers a refusal by its code', async () => {
      await world.listen();
      world.administration.answer = async () => refused('key-needed');
      const answer = await world.converse('{"v":1,"method":"unlock","name":"a"}\n');
      expect(answer).to.equal('{"refused":"key-needed"}\n');
    });
  });

  it('ends a session, and tells what went with it', async () => {
    await world.listen();
    const ended = { sessionId: 's1', session: 'rest 127.0.0.1:5', leaseCount: 2, waiterCount: 1 };
    world.administration.answerToKick = { kind: 'kicked', ...ended };
    const answer = await world.converse('{"v":1,"method":"kick","session":"s1","says":"ann"}\n');
    expect(answer).to.equal(`${JSON.stringify({ kicked: ended })}\n`);
    expect(world.administration.asked).to.deep.equal([['kick', 's1']]);
    expect(world.administration.operator).to.include({ door: 'local', says: 'ann' });
  });

  describe('asked to watch', () => {
    const WATCH = '{"v":1,"method":"watch","filter":{"name":"a"}}\n';

    it('tells news as they come, and in the end that the server stops', async () => {
      await world.listen();
      world.administration.news = () =>
        pagesOf(
          { isGap: true, changes: [] },
          { isGap: false, changes: [{ kind: 'granted' as const, holder: someHolder() }] },
        );
      const lines = (await world.converse(WATCH)).split('\n');
      expect(lines.map((line) => line.slice(0, 33))).to.deep.equal([
        '{"changes":[],"gap":true,"now":10',
        '{"changes":[{"change":"granted","',
        '{"refused":"server-stopping"}',
        '',
      ]);
      expect(world.administration.asked[0]).to.deep.equal(['watch', { name: 'a' }]);
    });

    it('stops listening when the peer is gone, though nothing happens', async () => {
      await world.listen();
      const closed = new Promise<void>((resolve) => {
        const feed = endlessFeed(resolve);
        world.administration.watch = () => feed;
      });
      const peer = await world.peer(WATCH);
      await once(peer, 'readable');
      peer.destroy();
      await closed;
    });
  });

  describe('with bad input', () => {
    const bad: readonly (readonly [string, string | Uint8Array, string])[] = [
      ['an empty line', '\n', 'a request is one JSON object on one line'],
      ['no JSON', 'GET / HTTP/1.1\r\n\r\n', 'a request is one JSON object on one line'],
      ['another version', '{"v":9}\n', 'unknown protocol version 9: this server speaks version 1'],
      ['no UTF-8', Uint8Array.of(0xff, 0x0a), 'the line is not UTF-8'],
      ['a line too long', 'x'.repeat(101), 'the line is longer than 100 bytes'],
    ];
    for (const [what, text, error] of bad) {
      it(`answers ${what} with one error line and ends the connection`, async () => {
        await world.listen({ requestBytesMax: 100 });
        expect(await world.converse(text)).to.equal(`${JSON.stringify({ error })}\n`);
      });
    }

    it('answers any line with one error line, and goes on', async () => {
      await world.listen();
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
          const answer = await world.converse(Buffer.concat([bytes, Buffer.from('\n')]));
          expect(answer).to.match(/^{"error":".*"}\n$/);
        }),
      );
      expect(await world.converse(LIST)).to.equal(END);
    });

    it('says nothing of it above debug', async () => {
      await world.listen();
      await world.converse('nonsense\n');
      expect(world.log).to.include('"level":"DEBUG","msg":"A local request failed"');
      expect(world.log).not.to.include('"level":"ERROR"');
    });
  });

  describe('with peers that hold it up', () => {
    it('takes as many connections as it is told, and tells one more to try again', async () => {
      await world.listen({ connectionsMax: 2 });
      const first = await world.peer();
      await world.peer();
      expect(await world.converse('')).to.include('try again shortly');
      first.write(LIST);
      expect(await everythingFrom(first)).to.equal(END);
      expect(await world.converse(LIST)).to.equal(END);
    });

    it('lets go of a peer that says nothing', async () => {
      await world.listen({ requestWithinMs: 1 });
      expect(await world.converse('')).to.include('no whole request came within 1 ms');
    });

    it('cuts off a peer that does not read, and asks for no more pages', async () => {
      await world.listen({ stallMs: 1 });
      const unasked = endlessPages();
      await world.peer(LIST);
      await unasked;
      expect(world.log).to.include('the peer took nothing of its answer for 1 ms');
    });

    it('cuts it off even if the answer was long in coming', async () => {
      await world.listen({ stallMs: 1, requestWithinMs: 30 });
      const silent = await world.peer();
      // This peer goes long after the other was first seen to take nothing.
      const unasked = endlessPages(() => everythingFrom(silent));
      await world.peer(LIST);
      await unasked;
      expect(world.log).to.include('the peer took nothing of its answer for 1 ms');
    });

    it('asks for no more pages once a peer is gone', async () => {
      await world.listen();
      const unasked = endlessPages();
      const peer = await world.peer(LIST);
      await once(peer, 'readable');
      peer.destroy();
      await unasked;
    });

    it('does not blame a peer for an answer that is long in coming', async () => {
      await world.listen({ stallMs: 1, requestWithinMs: 30 });
      const silent = await world.peer();
      world.administration.answer = async () => {
        // This peer goes long after the other could have been blamed.
        await everythingFrom(silent);
        return refused('key-invalid');
      };
      const answer = await world.converse('{"v":1,"method":"unlock","name":"a"}\n');
      expect(answer).to.equal('{"refused":"key-invalid"}\n');
    });
  });

  it('names its socket in the log when it listens', async () => {
    await world.listen();
    expect(world.log).to.include(
      `"level":"WARN","msg":"IPC server started. Listening on ${world.path}"`,
    );
  });

  it('leaves a broken invariant to the last resort of the process', async () => {
    await world.listen();
    const broken = new InvariantError('two holders of one slot');
    world.administration.answer = () => Promise.reject(broken);
    const handlers = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    try {
      const uncaught = once(process, 'uncaughtException');
      await world.converse('{"v":1,"method":"unlock","name":"a"}\n');
      expect((await uncaught)[0]).to.equal(broken);
    } finally {
      for (const handler of handlers) {
        process.on('uncaughtException', handler);
      }
    }
  });

  describe('closed', () => {
    const phases: readonly (readonly [string, () => Promise<Socket>])[] = [
      ['says nothing', () => world.peer()],
      ['has said half a line', () => world.peer('{"v":1,')],
      ['waits for its answer', () => peerThatWaits(world)],
    ];
    for (const [what, connected] of phases) {
      it(`cuts a peer that ${what}`, async () => {
        const server = await world.listen();
        const peer = await connected();
        await server.close();
        await everythingFrom(peer);
      });
    }

    it('cuts a peer that does not read, and asks for no more pages', async () => {
      const server = await world.listen();
      const unasked = endlessPages();
      const peer = await world.peer(LIST);
      await once(peer, 'readable');
      await server.close();
      await unasked;
    });

    it('has removed its socket', async () => {
      const server = await world.listen();
      await server.close();
      expect(existsSync(world.path)).to.equal(false);
    });

    it('leaves what has taken the place of its socket', async () => {
      const server = await world.listen();
      unlinkSync(world.path);
      writeFileSync(world.path, 'precious');
      await server.close();
      expect(existsSync(world.path)).to.equal(true);
    });

    it('is done when it is closed again', async () => {
      const server = await world.listen();
      await server.close();
      await server.close();
    });
  });
});

async function peerThatWaits(world: IpcWorld): Promise<Socket> {
  const asked = new Promise<void>((resolve) => {
    world.administration.answer = (): Promise<never> => {
      resolve();
      return new Promise(() => undefined);
    };
  });
  const peer = await world.peer('{"v":1,"method":"unlock","name":"a"}\n');
  await asked;
  return peer;
}

/** No news, again and again, until it is closed. */
function endlessFeed(onClose: () => void): HolderFeed {
  let isClosed = false;
  return {
    close: () => {
      isClosed = true;
      onClose();
    },
    async *[Symbol.asyncIterator]() {
      while (!isClosed) {
        yield { isGap: false, changes: [] };
        await new Promise(setImmediate);
      }
    },
  };
}
