import { writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { IpcClient, IpcClientError } from '../../../../adapters/inbound/ipc/ipc-client.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import type { HolderFilter } from '../../../../domain/holder-filter.js';
import { refused } from '../../../../domain/refusal.js';
import { everything } from '../../../support/each-of.js';
import { anyHolder, anyText, someHolder } from '../../../support/some-holder.js';
import { IpcWorld, pagesOf } from './ipc-world.js';

const END = '{"end":true,"now":5}\n';

describe('IpcClient', () => {
  let world: IpcWorld;

  beforeEach(() => {
    world = new IpcWorld();
  });

  afterEach(async () => {
    await world.close();
  });

  function client({ path = world.path, silenceMs = 60_000 } = {}): IpcClient {
    return new IpcClient({ path, replyBytesMax: 1024 * 1024, silenceMs });
  }

  /** All of a listing, and the server's clock at its end. */
  async function listed(
    filter: HolderFilter = {},
    one = client(),
  ): Promise<{ holders: HolderDescription[]; now: number | undefined }> {
    const holders: HolderDescription[] = [];
    let now: number | undefined;
    for await (const page of one.holders(filter)) {
      holders.push(...page.holders);
      now = page.now;
    }
    return { holders, now };
  }

  async function problemOf(call: Promise<unknown>): Promise<string> {
    const outcome: unknown = await call.catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(IpcClientError);
    return (outcome as IpcClientError).message;
  }

  it('lists every holder as the server knows it, and the clock of the server', async () => {
    await world.listen();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(anyHolder)), async (pages) => {
        world.administration.pages = () => pagesOf(...pages);
        expect(await listed()).to.deep.equal({ holders: pages.flat(), now: 1_060_000 });
      }),
    );
  });

  it('lists the holders of any name alone', async () => {
    await world.listen();
    await fc.assert(
      fc.asyncProperty(anyText, async (name) => {
        const holders = [someHolder({ name: `${name}x` }), someHolder({ name })];
        world.administration.pages = () => pagesOf(holders);
        expect((await listed({ name })).holders).to.deep.equal([someHolder({ name })]);
      }),
    );
  });

  it('lists more than the socket holds at once', async () => {
    await world.listen();
    const page = Array.from({ length: 1000 }, (_, fencingToken) => someHolder({ fencingToken }));
    world.administration.pages = () => pagesOf(...Array.from({ length: 20 }, () => page));
    expect((await listed()).holders.length).to.equal(20_000);
  });

  it('unlocks any name with any key', async () => {
    await world.listen();
    world.administration.answer = async ({ key }) => ({ kind: 'revoked', key: key ?? 'the only' });
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (name, key) => {
        expect(await client().unlock({ name, key })).to.deep.equal({ kind: 'revoked', key });
        expect(world.administration.revokeRequests.at(-1)).to.deep.equal({ name, key });
      }),
    );
    const answer = await client().unlock({ name: 'a' });
    expect(answer).to.deep.equal({ kind: 'revoked', key: 'the only' });
  });

  it('gives a refusal as the server gave it', async () => {
    await world.listen();
    world.administration.answer = async () => refused('server-stopping');
    expect(await client().unlock({ name: 'a' })).to.deep.equal(refused('server-stopping'));
  });

  it('says so where no socket is', async () => {
    expect(await problemOf(listed())).to.equal(
      `there is no socket ${world.path}. Is the ldlm server running? Start it, or if its socket ` +
        'is elsewhere, say where with --socket or LDLM_IPC_SOCKET_FILE',
    );
  });

  it('says so where the socket is that a killed server left', async () => {
    await world.leaveStaleSocket();
    expect(await problemOf(client().unlock({ name: 'a' }))).to.match(
      /^nothing listens on the socket .*ipc\.sock\. Is the ldlm server running\? Start it, or if/,
    );
  });

  it('says so where a file is and no socket', async () => {
    writeFileSync(world.path, '');
    expect(await problemOf(listed())).to.include('Is the ldlm server running?');
  });

  it('says so of a path that cannot be a socket', async () => {
    const path = '/'.padEnd(120, 'x');
    expect(await problemOf(listed({}, client({ path })))).to.equal(
      `the socket path "${path}" is 120 bytes long; the path of a socket may have 107`,
    );
  });

  const hungUp = /hung up before it had answered: see with ldlm-lock list what was done/;
  const foreign = /is not a server that this ldlm-lock knows .*: use the ldlm-lock that came with/;
  const answers: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['nothing', '', hungUp],
    ['half a line', '{"end":', hungUp],
    ['a listing without an end', '{"holders":[]}\n', hungUp],
    ['another protocol', '220 smtp.example ESMTP\r\n', foreign],
    ['what is no UTF-8', Uint8Array.of(0xff, 0x0a), foreign],
    ['a line without end', 'x'.repeat(1024 * 1024 + 1), foreign],
    ['the answer to something else', '{"revoked":"k"}\n', foreign],
    [
      'an error',
      '{"error":"the disk is full"}\n',
      /^the server could not do it: the disk is full$/,
    ],
  ];
  for (const [what, answer, problem] of answers) {
    it(`says so when a server answers a list with ${what}`, async () => {
      await world.listenAs((socket: Socket) => socket.resume().end(answer));
      expect(await problemOf(listed())).to.match(problem);
    });
  }

  it('says so when a server is older than what it is asked', async () => {
    await world.listenAs((socket: Socket) =>
      socket
        .resume()
        .end('{"error":"unknown method \\"sessions\\": this server knows list and unlock"}\n'),
    );
    expect(await problemOf(everything(client().sessions()))).to.match(
      /^the server at the socket .*ipc\.sock is older than this ldlm-lock and cannot do that \(.*\): upgrade/,
    );
  });

  it('asks a server of old for a plain list in words that it knows', async () => {
    const asked: string[] = [];
    await world.listenAs((socket: Socket) => {
      socket.on('data', (chunk) => {
        asked.push(String(chunk));
        socket.end(END);
      });
    });
    await listed();
    await listed({ name: 'a' });
    expect(asked).to.deep.equal([
      '{"v":1,"method":"list"}\n',
      '{"v":1,"method":"list","name":"a"}\n',
    ]);
  });

  it('gives up a watch at once when it is enough', async () => {
    await world.listenAs((socket: Socket) => {
      socket.resume().write('{"changes":[],"gap":true,"now":5}\n');
    });
    const enough = new AbortController();
    for await (const { isGap } of client().watch({}, enough.signal)) {
      expect(isGap).to.equal(true);
      enough.abort();
    }
  });

  it('says so when a watched server is gone without a word', async () => {
    await world.listenAs((socket: Socket) => {
      socket.resume().end('{"changes":[],"gap":true,"now":5}\n');
    });
    const watching = everything(client().watch({}, new AbortController().signal));
    expect(await problemOf(watching)).to.match(hungUp);
  });

  it('says so when a server answers an unlock with a list', async () => {
    await world.listenAs((socket: Socket) => socket.resume().end(END));
    expect(await problemOf(client().unlock({ name: 'a' }))).to.match(foreign);
  });

  it('says so when a server cuts the connection', async () => {
    await world.listenAs((socket: Socket) => socket.destroy());
    expect(await problemOf(client().unlock({ name: 'a' }))).to.match(hungUp);
  });

  it('gives up a server that says nothing', async () => {
    await world.listenAs(() => undefined);
    expect(await problemOf(listed({}, client({ silenceMs: 1 })))).to.equal(
      `the server at the socket ${world.path} has said nothing for 0.001 s. ` +
        'Is it stopped or overloaded?',
    );
  });
});
