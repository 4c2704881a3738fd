/** Calls whose bodies are wrong in whatever way: prefixes, messages, or more or fewer of them than a method takes. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import { framed } from '../support/raw-grpc-call.js';
import type { SeededRandom } from '../support/seeded-random.js';
import { FuzzedServer, type StartServer } from './fuzzed-server.js';
import { Mutator } from './mutator.js';
import { CLIENT_FRAMES, KEY_REQUESTS, LOCK_REQUESTS } from './protobuf-target.js';
import { faulty, type Subject, type Target, type Tried } from './target.js';

const CALLS = 16;
const METHODS = ['Lock', 'TryLock', 'Unlock', 'RefreshLock', 'Renew', 'Session'];
/** Who says nothing for so long waits for a lock, or for what the prefix promised. */
const SILENCE_MS = 300;

const messages = [...LOCK_REQUESTS, ...KEY_REQUESTS, ...CLIENT_FRAMES];
/** What has a right prefix, and what has whatever prefix. */
const inside = new Mutator({ seeds: messages });
const outside = new Mutator({
  seeds: [...messages.map(framed), Buffer.concat(messages.map(framed))],
  tokens: [Buffer.from('0000000000', 'hex'), Buffer.from('01ffffffff', 'hex')],
});

export function grpcMessagesTarget(start?: StartServer): Target {
  return {
    what: 'gRPC messages, at the socket',
    share: 10_000,
    open: async (): Promise<Subject> => {
      const server = await FuzzedServer.start(start);
      return {
        attempt: (random) => callAll(server, random),
        check: () => server.check(),
        close: () => server.close(),
      };
    },
  };
}

async function callAll(server: FuzzedServer, random: SeededRandom): Promise<Tried> {
  const session = connect(`http://${server.grpcAddress}`);
  session.on('error', () => undefined);
  session.setTimeout(SILENCE_MS, () => session.destroy());
  const calls = Array.from({ length: CALLS }, () => {
    const body = random.isOneIn(2) ? framed(inside.make(random)) : outside.make(random);
    return call(session, random.pick(METHODS), body);
  });
  const answers = await Promise.all(calls);
  session.destroy();
  const fault = answers.map(({ fault: one }) => one).find((one) => one !== undefined);
  const own = fault ?? server.fault();
  return {
    inputCount: CALLS,
    takenCount: answers.reduce((sum, { takenCount }) => sum + takenCount, 0),
    ...(own !== undefined && { fault: own }),
  };
}

async function call(session: ClientHttp2Session, method: string, body: Buffer): Promise<Tried> {
  const stream: ClientHttp2Stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: `/ldlm.LDLM/${method}`,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_TE]: 'trailers',
  });
  let code: string | undefined;
  const note = (headers: object) => {
    code = (headers as Record<string, string>)['grpc-status'] ?? code;
  };
  stream.on('response', note).on('trailers', note);
  stream.on('error', () => undefined).resume();
  stream.end(body);
  await once(stream, 'close');
  // A handler that threw is UNKNOWN to the library; an answer beyond the list is none.
  const isWrong =
    code !== undefined && (Number(code) === status.UNKNOWN || !(Number(code) in status));
  if (isWrong) {
    return faulty(`${method} was answered with the status ${code}`, body);
  }
  return { inputCount: 1, takenCount: code === '0' ? 1 : 0 };
}
