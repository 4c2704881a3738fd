/** Why: the wire as any client reads it from the proto file, without the server's own code. */
import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO_FILE = fileURLToPath(new URL('../proto/ldlm.proto', import.meta.url));

const { ldlm } = loadPackageDefinition(
  loadSync(PROTO_FILE, { keepCase: true, longs: Number, enums: String }),
);

export const LdlmClient = (ldlm as GrpcObject).LDLM as ServiceClientConstructor;

export const ldlmService: ServiceDefinition = LdlmClient.service;
