/**
 * Why: what the loader tells of a map field, clients of Go and Python refuse: to them the type of a map's
 * entries is named after the field and ends with `Entry` (protobuf.dev, "Maps", "Backwards compatibility"),
 * and protobufjs leaves that end out (grpcurl issue 519). For one map they refuse the whole file. Nor does it
 * say of an optional field that it is one.
 */
import type { PackageDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';

interface Field {
  readonly name: string;
  typeName?: string;
  readonly oneofIndex?: number;
  proto3Optional?: boolean;
}

/** Of google/protobuf/descriptor.proto, what is mended. */
interface Message {
  name: string;
  readonly field: readonly Field[];
  readonly oneofDecl: readonly { readonly name: string }[];
  readonly nestedType: readonly Message[];
  readonly options?: { readonly mapEntry?: boolean } | null;
}

interface File {
  readonly messageType: readonly Message[];
}

/** The same definition for reflection; nothing of what was given is changed. */
export function withMendedDescriptors(definition: PackageDefinition): PackageDefinition {
  const mended = new Map<Buffer, Buffer>();
  const fileFor = (bytes: Buffer): Buffer => {
    const file = mended.get(bytes) ?? mendedFile(bytes);
    mended.set(bytes, file);
    return file;
  };
  return Object.fromEntries(
    Object.entries(definition).map(([name, one]) => [
      name,
      'fileDescriptorProtos' in one && Array.isArray(one.fileDescriptorProtos)
        ? { ...one, fileDescriptorProtos: one.fileDescriptorProtos.map(fileFor) }
        : one,
    ]),
  ) as PackageDefinition;
}

function mendedFile(bytes: Buffer): Buffer {
  const file = descriptor.FileDescriptorProto.decode(bytes);
  for (const message of (file as unknown as File).messageType) {
    mend(message);
  }
  return Buffer.from(descriptor.FileDescriptorProto.encode(file).finish());
}

function mend(message: Message): void {
  for (const nested of message.nestedType) {
    const field = message.field.find(({ typeName }) => typeName === nested.name);
    if (nested.options?.mapEntry === true && field !== undefined) {
      nested.name = `${camelCase(field.name)}Entry`;
      field.typeName = nested.name;
    }
    mend(nested);
  }
  for (const field of message.field) {
    // Of each optional field the loader makes a oneof with an underscore before its name.
    if (message.oneofDecl[field.oneofIndex ?? -1]?.name === `_${field.name}`) {
      field.proto3Optional = true;
    }
  }
}

/** As protoc does it: `lock_names` is `LockNames`. */
function camelCase(fieldName: string): string {
  return fieldName.replace(/(?:^|_)([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
