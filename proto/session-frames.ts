/**
 * Why: the frames of the session stream as plain values, and their bytes. Written by hand since a
 * frame holds thousands of requests and the general decoder takes each apart twice; strict, since a
 * name that is mended in silence could become another one. Its spec holds it to the proto file.
 */
import {
  BYTES,
  endOfMessage,
  newWriter,
  type Reader,
  readerOf,
  readFields,
  readNumber,
  readText,
  tagOf,
  VARINT,
  type Writer,
  writeNumber,
  writeText,
} from './wire-fields.js';

/** Free words for operators. */
export type Owner = Readonly<Record<string, string>>;

export interface ClientFrame {
  readonly hello: Hello | undefined;
  readonly heard: readonly number[];
  readonly releases: readonly Release[];
  readonly renewals: readonly Renewal[];
  readonly checks: readonly Release[];
  readonly acquires: readonly Acquire[];
  readonly withdrawals: readonly number[];
  readonly goodbye: boolean;
}

export interface Hello {
  /** Empty for a new session. */
  readonly token: string;
  /** undefined: the longest that the server has. */
  readonly recoveryWindowMs: number | undefined;
  readonly owner: Owner | undefined;
}

/** A release, and a check, which asks in the same form. */
export interface Release {
  readonly requestId: number;
  readonly name: string;
  readonly key: string;
}

export interface Renewal extends Release {
  readonly leaseMs: number;
}

export interface Acquire {
  readonly requestId: number;
  readonly claims: readonly Claim[];
  /** undefined: as long as it takes. */
  readonly waitMs: number | undefined;
  /** undefined: as long as the session. */
  readonly leaseMs: number | undefined;
  readonly metadata: Owner | undefined;
}

export interface Claim {
  readonly name: string;
  readonly size: number;
  readonly units: number;
}

export interface ServerFrame {
  readonly welcome: Welcome | undefined;
  readonly received: number;
  readonly granted: readonly Granted[];
  readonly done: readonly number[];
  readonly refused: readonly Refused[];
  readonly lost: readonly LeaseLost[];
  readonly notices: readonly number[];
}

export interface Welcome {
  readonly token: string;
  readonly resumed: boolean;
  readonly recoveryWindowMs: number;
  readonly heartbeatMs: number;
  readonly frameRequestsMax: number;
  readonly sessionRequestsMax: number;
  /** 0 from a server that does not tell. */
  readonly frameBytesMax: number;
}

export interface Granted {
  readonly requestId: number;
  readonly key: string;
  readonly fencingToken: number;
  readonly waitedMs: number;
}

export interface Refused {
  readonly requestId: number;
  /** A number of `REFUSAL`, or one that this program is too old to know. */
  readonly code: number;
  readonly message: string;
}

export interface LeaseLost {
  readonly name: string;
  readonly key: string;
  /** A number of `LOSS`, or an unknown one. */
  readonly reason: number;
}

export const REFUSAL = {
  leaseTimeInvalid: 1,
  waitTimeInvalid: 2,
  nameEmpty: 3,
  nameTooLong: 4,
  sizeInvalid: 5,
  sizeMismatch: 6,
  held: 7,
  waitTimeout: 8,
  leaseEnded: 9,
  withdrawn: 10,
  lockUnknown: 11,
  keyInvalid: 12,
  leaseUnknown: 13,
  tooManyWaiters: 14,
  serverStopping: 15,
  claimsUnsupported: 16,
  metadataTooLong: 17,
} as const;

export const LOSS = { expired: 1, revoked: 2, released: 3, sessionEnded: 4 } as const;

export const NOTICE = { danger: 1, draining: 2, sessionEnded: 3 } as const;

export const SESSION_PATH = '/ldlm.LDLM/Session';

export function emptyClientFrame(): { -readonly [Field in keyof ClientFrame]: ClientFrame[Field] } {
  return {
    hello: undefined,
    heard: NONE,
    releases: NONE,
    renewals: NONE,
    checks: NONE,
    acquires: NONE,
    withdrawals: NONE,
    goodbye: false,
  };
}

export function emptyServerFrame(): { -readonly [Field in keyof ServerFrame]: ServerFrame[Field] } {
  return {
    welcome: undefined,
    received: 0,
    granted: NONE,
    done: NONE,
    refused: NONE,
    lost: NONE,
    notices: NONE,
  };
}

export function encodeClientFrame(frame: ClientFrame): Buffer {
  const writer = newWriter();
  if (frame.hello !== undefined) {
    const { token, recoveryWindowMs, owner } = frame.hello;
    writer.uint32(tagOf(1, BYTES)).fork();
    writeText(writer, 1, token);
    if (recoveryWindowMs !== undefined) {
      writer.uint32(tagOf(2, VARINT)).uint32(recoveryWindowMs);
    }
    writeOwner(writer, 3, owner);
    writer.ldelim();
  }
  writeNumbers(writer, 2, frame.heard);
  for (const release of frame.releases) {
    writeRelease(writer.uint32(tagOf(3, BYTES)).fork(), release).ldelim();
  }
  for (const renewal of frame.renewals) {
    writeRelease(writer.uint32(tagOf(4, BYTES)).fork(), renewal);
    writeNumber(writer, 4, renewal.leaseMs);
    writer.ldelim();
  }
  for (const check of frame.checks) {
    writeRelease(writer.uint32(tagOf(5, BYTES)).fork(), check).ldelim();
  }
  for (const acquire of frame.acquires) {
    writeAcquire(writer.uint32(tagOf(6, BYTES)).fork(), acquire).ldelim();
  }
  writeNumbers(writer, 7, frame.withdrawals);
  if (frame.goodbye) {
    writer.uint32(tagOf(8, VARINT)).bool(true);
  }
  return writer.finish() as Buffer;
}

/** @throws Error for bytes that are no frame, or that hold text which is not UTF-8. */
export function decodeClientFrame(bytes: Buffer): ClientFrame {
  const frame = emptyClientFrame();
  const reader = readerOf(bytes);
  readFields(reader, reader.len, (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        frame.hello = readHello(reader);
        return true;
      case tagOf(3, BYTES):
        frame.releases = appended(frame.releases, readRenewal(reader));
        return true;
      case tagOf(4, BYTES):
        frame.renewals = appended(frame.renewals, readRenewal(reader));
        return true;
      case tagOf(5, BYTES):
        frame.checks = appended(frame.checks, readRenewal(reader));
        return true;
      case tagOf(6, BYTES):
        frame.acquires = appended(frame.acquires, readAcquire(reader));
        return true;
      case tagOf(2, VARINT):
      case tagOf(2, BYTES):
        frame.heard = readNumbers(reader, tag, frame.heard);
        return true;
      case tagOf(7, VARINT):
      case tagOf(7, BYTES):
        frame.withdrawals = readNumbers(reader, tag, frame.withdrawals);
        return true;
      case tagOf(8, VARINT):
        frame.goodbye = reader.bool();
        return true;
      default:
        return false;
    }
  });
  return frame;
}

export function encodeServerFrame(frame: ServerFrame): Buffer {
  const writer = newWriter();
  if (frame.welcome !== undefined) {
    const { welcome } = frame;
    writer.uint32(tagOf(1, BYTES)).fork();
    writeText(writer, 1, welcome.token);
    if (welcome.resumed) {
      writer.uint32(tagOf(2, VARINT)).bool(true);
    }
    writeNumber(writer, 3, welcome.recoveryWindowMs);
    writeNumber(writer, 4, welcome.heartbeatMs);
    writeNumber(writer, 5, welcome.frameRequestsMax);
    writeNumber(writer, 6, welcome.sessionRequestsMax);
    writeNumber(writer, 7, welcome.frameBytesMax);
    writer.ldelim();
  }
  for (const { requestId, key, fencingToken, waitedMs } of frame.granted) {
    writer.uint32(tagOf(2, BYTES)).fork();
    writeNumber(writer, 1, requestId);
    writeText(writer, 2, key);
    writeNumber(writer, 3, fencingToken);
    writeNumber(writer, 4, waitedMs);
    writer.ldelim();
  }
  writeNumbers(writer, 3, frame.done);
  for (const { requestId, code, message } of frame.refused) {
    writer.uint32(tagOf(4, BYTES)).fork();
    writeNumber(writer, 1, requestId);
    writeNumber(writer, 2, code);
    writeText(writer, 3, message);
    writer.ldelim();
  }
  for (const { name, key, reason } of frame.lost) {
    writer.uint32(tagOf(5, BYTES)).fork();
    writeText(writer, 1, name);
    writeText(writer, 2, key);
    writeNumber(writer, 3, reason);
    writer.ldelim();
  }
  writeNumbers(writer, 6, frame.notices);
  writeNumber(writer, 7, frame.received);
  return writer.finish() as Buffer;
}

/** @throws Error for bytes that are no frame, or that hold text which is not UTF-8. */
export function decodeServerFrame(bytes: Buffer): ServerFrame {
  const frame = emptyServerFrame();
  const reader = readerOf(bytes);
  readFields(reader, reader.len, (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        frame.welcome = readWelcome(reader);
        return true;
      case tagOf(2, BYTES):
        frame.granted = appended(frame.granted, readGranted(reader));
        return true;
      case tagOf(3, VARINT):
      case tagOf(3, BYTES):
        frame.done = readNumbers(reader, tag, frame.done);
        return true;
      case tagOf(4, BYTES):
        frame.refused = appended(frame.refused, readRefused(reader));
        return true;
      case tagOf(5, BYTES):
        frame.lost = appended(frame.lost, readLeaseLost(reader));
        return true;
      case tagOf(6, VARINT):
      case tagOf(6, BYTES):
        frame.notices = readNumbers(reader, tag, frame.notices);
        return true;
      case tagOf(7, VARINT):
        frame.received = readNumber(reader);
        return true;
      default:
        return false;
    }
  });
  return frame;
}

/** Shared by all frames that have none of something, never written. */
const NONE: readonly never[] = [];

/** A list that grows is the frame's own; `NONE` is not. */
function appended<Item>(items: readonly Item[], item: Item): readonly Item[] {
  if (items === NONE) {
    return [item];
  }
  (items as Item[]).push(item);
  return items;
}

function writeNumbers(writer: Writer, field: number, values: readonly number[]): void {
  if (values.length > 0) {
    writer.uint32(tagOf(field, BYTES)).fork();
    for (const value of values) {
      writer.uint64(value);
    }
    writer.ldelim();
  }
}

function writeOwner(writer: Writer, field: number, owner: Owner | undefined): void {
  for (const [word, value] of Object.entries(owner ?? {})) {
    writer.uint32(tagOf(field, BYTES)).fork();
    writeText(writer, 1, word);
    writeText(writer, 2, value);
    writer.ldelim();
  }
}

function writeRelease(writer: Writer, { requestId, name, key }: Release): Writer {
  writeNumber(writer, 1, requestId);
  writeText(writer, 2, name);
  writeText(writer, 3, key);
  return writer;
}

function writeAcquire(writer: Writer, acquire: Acquire): Writer {
  writeNumber(writer, 1, acquire.requestId);
  for (const { name, size, units } of acquire.claims) {
    writer.uint32(tagOf(2, BYTES)).fork();
    writeText(writer, 1, name);
    if (size !== 1) {
      writer.uint32(tagOf(2, VARINT)).uint32(size);
    }
    if (units !== 1) {
      writer.uint32(tagOf(3, VARINT)).uint32(units);
    }
    writer.ldelim();
  }
  if (acquire.waitMs !== undefined) {
    writer.uint32(tagOf(3, VARINT)).uint64(acquire.waitMs);
  }
  if (acquire.leaseMs !== undefined) {
    writer.uint32(tagOf(4, VARINT)).uint64(acquire.leaseMs);
  }
  writeOwner(writer, 5, acquire.metadata);
  return writer;
}

function readNumbers(reader: Reader, tag: number, before: readonly number[]): readonly number[] {
  if ((tag & 7) === VARINT) {
    return appended(before, readNumber(reader));
  }
  const end = endOfMessage(reader);
  let numbers = before;
  while (reader.pos < end) {
    numbers = appended(numbers, readNumber(reader));
  }
  if (reader.pos !== end) {
    throw new Error('a list of numbers ends inside one; send protobuf');
  }
  return numbers;
}

function readHello(reader: Reader): Hello {
  let token = '';
  let recoveryWindowMs: number | undefined;
  let owner: Owner | undefined;
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        token = readText(reader);
        return true;
      case tagOf(2, VARINT):
        recoveryWindowMs = reader.uint32();
        return true;
      case tagOf(3, BYTES):
        owner = withWord(owner, readWord(reader));
        return true;
      default:
        return false;
    }
  });
  return { token, recoveryWindowMs, owner };
}

/** A release, a check, or a renewal, which alone has a time. */
function readRenewal(reader: Reader): Renewal {
  let requestId = 0;
  let name = '';
  let key = '';
  let leaseMs = 0;
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, VARINT):
        requestId = readNumber(reader);
        return true;
      case tagOf(2, BYTES):
        name = readText(reader);
        return true;
      case tagOf(3, BYTES):
        key = readText(reader);
        return true;
      case tagOf(4, VARINT):
        leaseMs = readNumber(reader);
        return true;
      default:
        return false;
    }
  });
  return { requestId, name, key, leaseMs };
}

function readAcquire(reader: Reader): Acquire {
  let requestId = 0;
  let claims: readonly Claim[] = NONE;
  let waitMs: number | undefined;
  let leaseMs: number | undefined;
  let metadata: Owner | undefined;
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, VARINT):
        requestId = readNumber(reader);
        return true;
      case tagOf(2, BYTES):
        claims = appended(claims, readClaim(reader));
        return true;
      case tagOf(3, VARINT):
        waitMs = readNumber(reader);
        return true;
      case tagOf(4, VARINT):
        leaseMs = readNumber(reader);
        return true;
      case tagOf(5, BYTES):
        metadata = withWord(metadata, readWord(reader));
        return true;
      default:
        return false;
    }
  });
  return { requestId, claims, waitMs, leaseMs, metadata };
}

function readClaim(reader: Reader): Claim {
  let name = '';
  let size = 1;
  let units = 1;
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        name = readText(reader);
        return true;
      case tagOf(2, VARINT):
        size = reader.uint32();
        return true;
      case tagOf(3, VARINT):
        units = reader.uint32();
        return true;
      default:
        return false;
    }
  });
  return { name, size, units };
}

function readWord(reader: Reader): readonly [string, string] {
  let word = '';
  let value = '';
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        word = readText(reader);
        return true;
      case tagOf(2, BYTES):
        value = readText(reader);
        return true;
      default:
        return false;
    }
  });
  return [word, value];
}

/** Words are a client's own: `__proto__` is one like any other. */
function withWord(owner: Owner | undefined, [word, value]: readonly [string, string]): Owner {
  const words = (owner ?? Object.create(null)) as Record<string, string>;
  words[word] = value;
  return words;
}

function readWelcome(reader: Reader): Welcome {
  const welcome = {
    token: '',
    resumed: false,
    recoveryWindowMs: 0,
    heartbeatMs: 0,
    frameRequestsMax: 0,
    sessionRequestsMax: 0,
    frameBytesMax: 0,
  };
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        welcome.token = readText(reader);
        return true;
      case tagOf(2, VARINT):
        welcome.resumed = reader.bool();
        return true;
      case tagOf(3, VARINT):
        welcome.recoveryWindowMs = reader.uint32();
        return true;
      case tagOf(4, VARINT):
        welcome.heartbeatMs = reader.uint32();
        return true;
      case tagOf(5, VARINT):
        welcome.frameRequestsMax = reader.uint32();
        return true;
      case tagOf(6, VARINT):
        welcome.sessionRequestsMax = reader.uint32();
        return true;
      case tagOf(7, VARINT):
        welcome.frameBytesMax = reader.uint32();
        return true;
      default:
        return false;
    }
  });
  return welcome;
}

function readGranted(reader: Reader): Granted {
  let requestId = 0;
  let key = '';
  let fencingToken = 0;
  let waitedMs = 0;
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, VARINT):
        requestId = readNumber(reader);
        return true;
      case tagOf(2, BYTES):
        key = readText(reader);
        return true;
      case tagOf(3, VARINT):
        fencingToken = readNumber(reader);
        return true;
      case tagOf(4, VARINT):
        waitedMs = readNumber(reader);
        return true;
      default:
        return false;
    }
  });
  return { requestId, key, fencingToken, waitedMs };
}

function readRefused(reader: Reader): Refused {
  let requestId = 0;
  let code = 0;
  let message = '';
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, VARINT):
        requestId = readNumber(reader);
        return true;
      case tagOf(2, VARINT):
        code = reader.uint32();
        return true;
      case tagOf(3, BYTES):
        message = readText(reader);
        return true;
      default:
        return false;
    }
  });
  return { requestId, code, message };
}

function readLeaseLost(reader: Reader): LeaseLost {
  let name = '';
  let key = '';
  let reason = 0;
  readFields(reader, endOfMessage(reader), (tag) => {
    switch (tag) {
      case tagOf(1, BYTES):
        name = readText(reader);
        return true;
      case tagOf(2, BYTES):
        key = readText(reader);
        return true;
      case tagOf(3, VARINT):
        reason = reader.uint32();
        return true;
      default:
        return false;
    }
  });
  return { name, key, reason };
}
