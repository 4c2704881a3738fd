import { writeFileSync } from 'node:fs';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { withMendedDescriptors } from '../../../../adapters/inbound/grpc/mended-descriptors.js';
import { SpecFolder } from '../../../support/server-process.js';

const PROTO = `
syntax = "proto3";
package spec;
message Outer {
  map<string, int32> count = 1;
  map<string, Inner> known_inner_2 = 2;
  optional string word = 3;
  oneof either { string left = 4; string right = 5; }
  message Inner { map<int32, string> deep = 1; }
}
service Nothing { rpc Ask(Outer) returns (Outer); }
`;

interface Message {
  readonly name: string;
  readonly field: readonly {
    readonly name: string;
    readonly typeName: string;
    readonly proto3Optional: boolean;
  }[];
  readonly nestedType: readonly Message[];
}

describe('withMendedDescriptors', () => {
  const folder = new SpecFolder();
  let outer: Message;

  before(() => {
    writeFileSync(folder.file('spec.proto'), PROTO);
    const given = loadSync(folder.file('spec.proto'), { keepCase: true });
    const definition = withMendedDescriptors(given);
    const { fileDescriptorProtos } = definition['spec.Outer'] as { fileDescriptorProtos: Buffer[] };
    const file = descriptor.FileDescriptorProto.decode(fileDescriptorProtos[0] ?? Buffer.alloc(0));
    outer = (file as unknown as { messageType: [Message] }).messageType[0];
  });

  after(() => {
    folder.remove();
  });

  function typeOf(message: Message | undefined, field: string): string | undefined {
    return message?.field.find(({ name }) => name === field)?.typeName;
  }

  it('names the entries of a map as clients expect, at any depth', () => {
    const inner = outer.nestedType.find(({ name }) => name === 'Inner');
    expect(typeOf(outer, 'count')).to.equal('CountEntry');
    expect(typeOf(outer, 'known_inner_2')).to.equal('KnownInner2Entry');
    expect(typeOf(inner, 'deep')).to.equal('DeepEntry');
    expect(outer.nestedType.map(({ name }) => name)).to.have.members([
      'CountEntry',
      'KnownInner2Entry',
      'Inner',
    ]);
    expect(inner?.nestedType.map(({ name }) => name)).to.deep.equal(['DeepEntry']);
  });

  it('says of optional fields that they are, and of no others', () => {
    const optional = outer.field.filter(({ proto3Optional }) => proto3Optional);
    expect(optional.map(({ name }) => name)).to.deep.equal(['word']);
  });

  it('leaves what it was given as it was', () => {
    const definition = loadSync('proto/ldlm.proto');
    const before = structuredClone(descriptorsOf(definition));
    expect(descriptorsOf(withMendedDescriptors(definition))).not.to.deep.equal(before);
    expect(descriptorsOf(definition)).to.deep.equal(before);
  });
});

function descriptorsOf(definition: ReturnType<typeof loadSync>): Uint8Array[] {
  const { fileDescriptorProtos } = definition['ldlm.Hello'] as { fileDescriptorProtos: Buffer[] };
  return fileDescriptorProtos.map((bytes) => Uint8Array.from(bytes));
}
