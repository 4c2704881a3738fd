import { expect } from 'chai';
import { refusalToWire } from '../../../../adapters/inbound/grpc/refusal-to-wire.js';
import type { RefusalCode } from '../../../../domain/refusal.js';

/** What released clients match on, from the reference server's answers. */
const RELEASED: Readonly<Partial<Record<RefusalCode, readonly [string, string]>>> = {
  'lease-time-invalid': ['Unknown', 'lock timeout must be greater than 0'],
  'wait-time-invalid': ['Unknown', 'wait timeout must be greater than 0'],
  'name-empty': ['Unknown', 'lock name cannot be empty'],
  'size-invalid': ['InvalidLockSize', 'lock size must be greater than 0'],
  'size-mismatch': ['LockSizeMismatch', 'lock size mismatch'],
  'wait-timeout': ['LockWaitTimeout', 'timeout waiting to acquire lock'],
  'lock-unknown': ['LockDoesNotExist', 'a lock by that name does not exist'],
  'key-invalid': ['InvalidLockKey', 'invalid lock key'],
  'lease-unknown': ['LockDoesNotExistOrInvalidKey', 'lock does not exist or invalid key'],
};

describe('refusalToWire', () => {
  for (const [code, [wireCode, message]] of Object.entries(RELEASED)) {
    it(`sends ${code} as ${wireCode}, word for word`, () => {
      expect(refusalToWire(code as RefusalCode)).to.include({
        as: 'error',
        code: wireCode,
        message,
      });
    });
  }

  it('sends a held lock as not locked, without an error', () => {
    expect(refusalToWire('held')).to.deep.equal({ as: 'not-locked' });
  });
});
