/**
 * Why: the few ways in which protobuf writes what our messages hold (protobuf.dev, "Encoding"), strict where the
 * general library mends in silence: two names that differ must not become one.
 */
import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs/minimal.js';

/** Wire types. */
export const VARINT = 0;
export const BYTES = 2;

export type Writer = protobuf.Writer;
/** With the parts that the library's own generated decoders use. */
export type Reader = Omit<protobuf.Reader, 'buf'> & { buf: Buffer };

export function newWriter(): Writer {
  return protobuf.Writer.create();
}

export function readerOf(bytes: Buffer): Reader {
  return protobuf.Reader.create(bytes) as unknown as Reader;
}

export function tagOf(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

export function writeText(writer: Writer, field: number, text: string): void {
  if (text !== '') {
    writer.uint32(tagOf(field, BYTES)).string(text);
  }
}

export function writeNumber(writer: Writer, field: number, value: number): void {
  if (value !== 0) {
    writer.uint32(tagOf(field, VARINT)).uint64(value);
  }
}

/** Reads up to `end`; `take` tells whether it read the field, which is passed over otherwise. */
export function readFields(reader: Reader, end: number, take: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 0) {
      throw new Error('a field has the number 0; send protobuf');
    }
    if (!take(tag)) {
      reader.skipType(tag & 7);
    }
  }
  if (reader.pos !== end) {
    throw new Error('a field ends beyond its message; send protobuf');
  }
}

/** Begins a message inside another. @returns where it ends. */
export function endOfMessage(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) {
    throw new Error('a message ends beyond its frame; send protobuf');
  }
  return end;
}

/** @throws Error past 2^53, which no number here is. */
export function readNumber(reader: Reader): number {
  const { buf } = reader;
  let value = 0;
  for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
    const byte = buf[reader.pos];
    if (byte === undefined) {
      break;
    }
    reader.pos += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      if (value > Number.MAX_SAFE_INTEGER) {
        throw new Error('a number is greater than 2^53 - 1');
      }
      return value;
    }
  }
  throw new Error('a number has no end; send protobuf');
}

/** Most names and keys are short and plain: looking at them here costs less than asking the library. */
export function readText(reader: Reader): string {
  const length = reader.uint32();
  const start = reader.pos;
  reader.skip(length);
  const { buf, pos: end } = reader;
  for (let index = start; index < end; index += 1) {
    if ((buf[index] as number) >= 0x80) {
      if (!isUtf8(buf.subarray(index, end))) {
        throw new Error('a text is not UTF-8; send names, keys and words as UTF-8');
      }
      return buf.toString('utf8', start, end);
    }
  }
  return buf.toString('latin1', start, end);
}
