/** Why: the proto file as grpc-js wants it, with the checks that the decoder leaves out. */
import { isUtf8 } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  loadPackageDefinition,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import {
  loadSync,
  type MessageTypeDefinition,
  type Options,
  type PackageDefinition,
} from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import type { ProtoGrpcType } from '../../../proto/generated/ldlm.js';
import type { LDLMDefinition } from '../../../proto/generated/ldlm/LDLM.js';
import { decodeClientFrame, encodeServerFrame } from '../../../proto/session-frames.js';

const PROTO_FILE = fileURLToPath(new URL('../../../proto/ldlm.proto', import.meta.url));

/** The wire type of strings. */
const LENGTH_DELIMITED = 2;

/** How messages become objects; the generated types are made for this. */
export const WIRE_OPTIONS: Options = {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: false,
  arrays: false,
  objects: false,
  oneofs: false,
};

/** @throws Error when the proto file beside the program is missing or broken. */
export function loadWirePackage(): PackageDefinition {
  return loadSync(PROTO_FILE, WIRE_OPTIONS);
}

/** @throws as `loadWirePackage` */
export function loadWireDefinition(definition = loadWirePackage()): LDLMDefinition {
  const loaded = loadPackageDefinition(definition) as GrpcObject & ProtoGrpcType;
  const service: ServiceDefinition = loaded.ldlm.LDLM.service;
  const strict = Object.fromEntries(
    Object.entries(service).map(([name, method]) => [
      name,
      method.requestStream ? ofFrames(method) : withStrictBytes(method),
    ]),
  );
  return strict as unknown as LDLMDefinition;
}

/** The session stream has a codec of its own, which is strict. */
function ofFrames(method: MethodDefinition<object, object>): MethodDefinition<object, object> {
  const codec = { requestDeserialize: decodeClientFrame, responseSerialize: encodeServerFrame };
  return { ...method, ...(codec as Partial<MethodDefinition<object, object>>) };
}

/** The same method, for requests whose own text fields are text. */
export function withStrictBytes(
  method: MethodDefinition<object, object>,
): MethodDefinition<object, object> {
  const textFields = textFieldsOf(method);
  return {
    ...method,
    requestDeserialize: (bytes) => {
      refuseBrokenBytes(bytes, textFields);
      return method.requestDeserialize(bytes);
    },
  };
}

/** The numbers of the request's string fields. */
function textFieldsOf(method: MethodDefinition<object, object>): ReadonlySet<number> {
  const { field } = (method as unknown as { requestType: MessageTypeDefinition<object, object> })
    .requestType.type as { field: { number: number; type: string }[] };
  return new Set(field.filter(({ type }) => type === 'TYPE_STRING').map(({ number }) => number));
}

/**
 * proto3 strings are UTF-8, and a message with others, or with a field that ends beyond it, is refused
 * (protobuf.dev, "Encoding"). The decoder mends both in silence: two names that differ could become one.
 */
function refuseBrokenBytes(bytes: Buffer, textFields: ReadonlySet<number>): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const wireType = tag & 7;
    if (wireType === LENGTH_DELIMITED && textFields.has(tag >>> 3)) {
      const length = reader.uint32();
      const start = reader.pos;
      reader.skip(length);
      if (!isText(bytes, start, reader.pos)) {
        throw new Error('a string field holds invalid UTF-8; send names and keys as UTF-8');
      }
    } else {
      reader.skipType(wireType);
    }
  }
}

/** Most names and keys are short and plain: looking at them here costs less than a view for the library. */
function isText(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    if ((bytes[index] as number) >= 0x80) {
      return isUtf8(bytes.subarray(index, end));
    }
  }
  return true;
}
