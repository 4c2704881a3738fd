/**
 * Whatever frames behind an HTTP/2 preface. A PING stands behind each; from the PINGs that were answered one knows
 * how many frames the server has looked at before it hung up. Where Node's own HTTP/2 cannot bear what follows a
 * broken frame, nothing follows one.
 */
import {
  callFields,
  END_HEADERS,
  END_STREAM,
  FRAME,
  field,
  frameBytes,
  PREFACE,
  REMEMBERED_FIELD,
} from '../support/raw-http2-connection.js';
import { framed } from '../support/raw-grpc-call.js';
import type { SeededRandom } from '../support/seeded-random.js';
import { converse, placeOf } from './conversation.js';
import { FuzzedServer, type StartServer } from './fuzzed-server.js';
import { Mutator, noise } from './mutator.js';
import { CLIENT_FRAMES, LOCK_REQUESTS } from './protobuf-target.js';
import type { Subject, Target } from './target.js';

const FRAMES_MAX = 16;
const OPENING = Buffer.concat([PREFACE, frameBytes({ type: FRAME.settings })]);
const HEAD_LENGTH = 9;
/** The PINGs that stand behind frames, and the server's answers to them, begin so. */
const MARK = Buffer.from('fuzz');

/**
 * nghttp2 before 1.68.1 aborts the process when a frame of a wrong size comes along with, and behind, what ends a
 * connection (CVE-2026-27135): nothing that a server in JavaScript could see to.
 */
const FRAGILE = isBefore(process.versions.nghttp2 ?? '0', '1.68.1');

const METHODS = ['Lock', 'TryLock', 'Unlock', 'Session', 'Unknown'];

function callFrame(streamId: number, method: string, flags = END_HEADERS): Buffer {
  const payload = callFields(`/ldlm.LDLM/${method}`);
  return frameBytes({ type: FRAME.headers, flags, streamId, payload });
}

/** What a server has to bear, in whichever order it comes. */
function borneFrames(streamId: number): readonly Buffer[] {
  const reset = Buffer.from('00000008', 'hex');
  const window = Buffer.from('00010000', 'hex');
  const calls = METHODS.map((method) => callFrame(streamId, method));
  const messages = [...LOCK_REQUESTS, ...CLIENT_FRAMES].map((message) =>
    frameBytes({ type: FRAME.data, flags: END_STREAM, streamId, payload: framed(message) }),
  );
  return [
    ...calls,
    ...calls.map((call) =>
      Buffer.concat([call, frameBytes({ type: FRAME.resetStream, streamId, payload: reset })]),
    ),
    ...messages.map((message, index) =>
      Buffer.concat([calls[index % calls.length] as Buffer, message]),
    ),
    frameBytes({ type: FRAME.priority, streamId, payload: Buffer.from('0000000010', 'hex') }),
    frameBytes({ type: FRAME.windowUpdate, payload: window }),
    frameBytes({ type: FRAME.settings, payload: Buffer.from('000300000064000400010000', 'hex') }),
    frameBytes({ type: FRAME.ping, payload: Buffer.from('whatever') }),
    frameBytes({ type: 0x0a, payload: Buffer.from('0000', 'hex') }),
    frameBytes({ type: 0xee, flags: 0xff, streamId, payload: Buffer.from('unknown') }),
  ];
}

/** What ends a connection where it does not belong. */
function grossFrames(streamId: number): readonly Buffer[] {
  const remembered = Buffer.concat([field('authorization', 'x', true), REMEMBERED_FIELD]);
  return [
    frameBytes({
      type: FRAME.headers,
      flags: END_HEADERS | END_STREAM,
      streamId,
      payload: Buffer.concat([callFields('/ldlm.LDLM/Lock'), remembered]),
    }),
    callFrame(streamId, 'Lock', 0),
    frameBytes({
      type: FRAME.continuation,
      flags: END_HEADERS,
      streamId,
      payload: field('a', 'b'),
    }),
    frameBytes({ type: FRAME.windowUpdate, streamId, payload: Buffer.from('7fffffff', 'hex') }),
    frameBytes({ type: FRAME.settings, flags: 1 }),
    frameBytes({ type: 5, flags: END_HEADERS, streamId, payload: Buffer.from('00000002', 'hex') }),
    frameBytes({ type: FRAME.goAway, payload: Buffer.alloc(8) }),
  ];
}

export function http2FramesTarget(start?: StartServer): Target {
  // Streams are opened by odd numbers that grow.
  const turns = Array.from({ length: FRAMES_MAX }, (_, index) => {
    const borne = borneFrames(2 * index + 1);
    const gross = grossFrames(2 * index + 1);
    const mutator = new Mutator({ seeds: FRAGILE ? gross : [...borne, ...gross] });
    return { borne, mutator, ping: pingAfter(index) };
  });
  return {
    what: 'HTTP/2 frames, at the socket',
    share: 10_000,
    open: async (): Promise<Subject> => {
      const server = await FuzzedServer.start(start);
      const to = placeOf(server.grpcAddress);
      return {
        attempt: async (random) => {
          const said = Buffer.concat([OPENING, ...(FRAGILE ? oneLast : anywhere)(turns, random)]);
          const isEnough = (heard: Buffer) => answeredPings(heard).isOver;
          const { bytes } = await converse({ to, said, isAllSaid: true, isEnough });
          const takenCount = answeredPings(bytes).count;
          const inputCount = Math.min(FRAMES_MAX, takenCount + 1);
          const fault = server.fault();
          return { inputCount, takenCount, ...(fault !== undefined && { fault }) };
        },
        check: () => server.check(),
        close: () => server.close(),
      };
    },
  };
}

interface Turn {
  readonly borne: readonly Buffer[];
  readonly mutator: Mutator;
  readonly ping: Buffer;
}

function anywhere(turns: readonly Turn[], random: SeededRandom): readonly Buffer[] {
  return turns.flatMap(({ borne, mutator, ping }) => [someFrame(random, borne, mutator), ping]);
}

/** One frame that is whole by its length and otherwise whatever, behind others that are borne. */
function oneLast(turns: readonly Turn[], random: SeededRandom): readonly Buffer[] {
  const lastAt = random.below(turns.length);
  const before = turns.slice(0, lastAt).flatMap(({ borne, ping }) => [random.pick(borne), ping]);
  const last = withItsLength((turns[lastAt] as Turn).mutator.make(random));
  return [...before, last];
}

function pingAfter(index: number): Buffer {
  return frameBytes({ type: FRAME.ping, payload: Buffer.concat([MARK, Buffer.alloc(4, index)]) });
}

/** Most are borne, so that those which are not come at any time of a connection's life. */
function someFrame(random: SeededRandom, borne: readonly Buffer[], mutator: Mutator): Buffer {
  switch (random.below(12)) {
    case 0:
      return mutator.make(random);
    case 1:
      return withItsLength(mutator.make(random));
    case 2:
      return frameBytes({
        type: random.below(12),
        flags: random.below(256),
        streamId: random.below(40),
        payload: noise(random, 24),
      });
    default:
      return random.pick(borne);
  }
}

/** Whatever became of a frame, its head says how long it is. */
function withItsLength(bytes: Buffer): Buffer {
  if (bytes.length < 9) {
    return bytes;
  }
  const frame = Buffer.from(bytes);
  frame.writeUIntBE(frame.length - 9, 0, 3);
  return frame;
}

/** How many of ours, and whether nothing is to come any more: all of them are, or the server has taken its leave. */
function answeredPings(heard: Buffer): { readonly count: number; readonly isOver: boolean } {
  let count = 0;
  let isOver = false;
  for (let at = 0; at + HEAD_LENGTH <= heard.length; ) {
    const end = at + HEAD_LENGTH + heard.readUIntBE(at, 3);
    const type = heard[at + 3];
    if (
      type === FRAME.ping &&
      heard[at + 4] === 1 &&
      heard.indexOf(MARK, at) === at + HEAD_LENGTH
    ) {
      count += 1;
    }
    isOver ||= type === FRAME.goAway || count === FRAMES_MAX;
    at = end;
  }
  return { count: Math.min(count, FRAMES_MAX), isOver };
}

function isBefore(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}
