/** Why: the proto file of the administration as grpc-js wants it, for the server and for ldlm-lock. */
import { fileURLToPath } from 'node:url';
import { type GrpcObject, loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import type { AdminDefinition } from '../../../proto/generated/ldlm/admin/Admin.js';
import type { ProtoGrpcType } from '../../../proto/generated/ldlm-admin.js';
import { WIRE_OPTIONS, withStrictBytes } from './wire-definition.js';

const PROTO_FILE = fileURLToPath(new URL('../../../proto/ldlm-admin.proto', import.meta.url));

/** @throws Error when the proto file beside the program is missing or broken. */
export function loadAdminPackage(): PackageDefinition {
  return loadSync(PROTO_FILE, WIRE_OPTIONS);
}

/** The service, and what makes clients of it. @throws as `loadAdminPackage` */
export function loadAdminDefinition(definition = loadAdminPackage()): {
  readonly service: AdminDefinition;
  readonly Client: ProtoGrpcType['ldlm']['admin']['Admin'];
} {
  const loaded = loadPackageDefinition(definition);
  const { Admin } = (loaded as GrpcObject & ProtoGrpcType).ldlm.admin;
  const service: ServiceDefinition = Admin.service;
  const strict = Object.fromEntries(
    Object.entries(service).map(([name, method]) => [name, withStrictBytes(method)]),
  );
  return { service: strict as unknown as AdminDefinition, Client: Admin };
}
