/**
 * Why: what the loader tells of a map field, clients of Go and Python refuse: to them the type of a map's
 * entries is named after the field and ends with `Entry` (protobuf.dev, "Maps", "Backwards compatibility"),
 * and protobufjs leaves that end out (known as grpcurl issue 519). A page of messages cannot be called for one
 * map among them.
 */
import type { PackageDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';

/** Of google/protobuf/descriptor.proto, what map fields are made of. */
interface Message {
  name?: string;
  readonly field: readonly { readonly name?: string; typeName?: string }[];
  readonly nestedType: readonly Message[];
  readonly options?: { readonly mapEntry?: boolean } | null;
}

interface File {
  readonly messageType: readonly Message[];
}

/** The same definition for reflection; nothing of what was given is changed. */
export function withMendedDescriptors(definition: PackageDefinition): PackageDefinition {
  const mended = new Map<Buffer, Buffer>();
  const mend = (bytes: Buffer): Buffer => {
    const file = mended.get(bytes) ?? mendedFile(bytes);
    mended.set(bytes, file);
    return file;
  };
  return Object.fromEntries(
    Object.entries(definition).map(([name, one]) => [
      name,
      'fileDescriptorProtos' in one && Array.isArray(one.fileDescriptorProtos)
        ? { ...one, fileDescriptorProtos: one.fileDescriptorProtos.map(mend) }
        : one,
    ]),
  ) as PackageDefinition;
}

function mendedFile(bytes: Buffer): Buffer {
  const file = descriptor.FileDescriptorProto.decode(bytes);
  for (const message of (file as unknown as File).messageType) {
    mendMaps(message);
  }
  return Buffer.from(descriptor.FileDescriptorProto.encode(file).finish());
}

function mendMaps(message: Message): void {
  for (const nested of message.nestedType) {
    const { name } = nested;
    if (nested.options?.mapEntry === true) {
      const field = message.field.find(({ typeName }) => typeName === name);
      if (field !== undefined) {
        nested.name = `${camelCase(field.name ?? '')}Entry`;
        field.typeName = nested.name;
      }
    }
    mendMaps(nested);
  }
}

/** As protoc does it: `lock_names` is `LockNames`. */
function camelCase(fieldName: string): string {
  return fieldName.replace(/(?:^|_)([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
