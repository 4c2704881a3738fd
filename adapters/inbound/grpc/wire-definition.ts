/** Why: the proto file as grpc-js wants it, with the one check that the decoder leaves out: that text is text. */
import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  loadPackageDefinition,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../../proto/generated/ldlm.js';
import type { LDLMDefinition } from '../../../proto/generated/ldlm/LDLM.js';

const PROTO_FILE = fileURLToPath(new URL('../../../proto/ldlm.proto', import.meta.url));

/** What the decoder puts where bytes are no UTF-8. */
const REPLACEMENT = '\uFFFD';

/** @throws Error when the proto file beside the program is missing or broken. */
export function loadWireDefinition(): LDLMDefinition {
  const definition = loadSync(PROTO_FILE, {
    keepCase: true,
    longs: Number,
    enums: String,
    defaults: false,
    arrays: false,
    objects: false,
    oneofs: false,
  });
  const loaded = loadPackageDefinition(definition) as GrpcObject & ProtoGrpcType;
  const service: ServiceDefinition = loaded.ldlm.LDLM.service;
  const strict = Object.fromEntries(
    Object.entries(service).map(([name, method]) => [name, withStrictText(method)]),
  );
  return strict as unknown as LDLMDefinition;
}

function withStrictText(
  method: MethodDefinition<object, object>,
): MethodDefinition<object, object> {
  return {
    ...method,
    requestDeserialize: (bytes) => {
      const message = method.requestDeserialize(bytes);
      refuseBrokenText(message, bytes);
      return message;
    },
  };
}

/**
 * proto3 strings are UTF-8, and a request with others is refused (protobuf.dev, "Proto3: Scalar Value
 * Types"). Two names that differ must not become one by replacement, so a replaced character that does
 * not stand as such in the bytes ends the request.
 */
function refuseBrokenText(message: object, bytes: Buffer): void {
  for (const value of Object.values(message)) {
    if (typeof value === 'string' && value.includes(REPLACEMENT) && !bytes.includes(value)) {
      throw new Error('a string field holds invalid UTF-8; send names and keys as UTF-8');
    }
  }
}
