import { expect } from 'chai';
import fc from 'fast-check';
import { loadWireDefinition } from '../../../../adapters/inbound/grpc/wire-definition.js';

describe('loadWireDefinition', () => {
  const definition = loadWireDefinition();

  it('has all methods under the paths of the service ldlm.LDLM', () => {
    const paths = Object.values(definition).map(({ path }) => path);
    expect(paths).to.deep.equal(
      ['Lock', 'TryLock', 'Unlock', 'RefreshLock', 'Renew', 'Session'].map(
        (name) => `/ldlm.LDLM/${name}`,
      ),
    );
  });

  it('reads back whatever name and key are written, for every unary method', () => {
    const { Session: _, ...unary } = definition;
    for (const method of Object.values(unary)) {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (name, key) => {
          const request =
            method.path.endsWith('Lock') && !method.path.endsWith('hLock')
              ? { name }
              : { name, key };
          const bytes = method.requestSerialize(request as never);
          const read = method.requestDeserialize(bytes);
          expect(read).to.deep.include(request);
        }),
      );
    }
  });

  it('reads or refuses any bytes, and never does anything else', () => {
    const { requestDeserialize } = definition.Lock;
    let refusedCount = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          expect(requestDeserialize(Buffer.from(bytes))).to.be.an('object');
        } catch (error) {
          expect(error).to.be.instanceOf(Error);
          refusedCount += 1;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refusedCount).to.be.greaterThan(0);
  });

  it('refuses a message of nested groups instead of running out of stack', () => {
    expect(() => definition.Lock.requestDeserialize(Buffer.alloc(1_000_000, 0x0b))).to.throw(Error);
  });
});
