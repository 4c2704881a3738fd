import { expect } from 'chai';
import { refusalToFrame } from '../../../../adapters/inbound/grpc/refusal-to-frame.js';
import type { RefusalCode } from '../../../../domain/refusal.js';
import { REFUSAL } from '../../../../proto/session-frames.js';

/** Those that a session's own requests can meet; the others end a stream or belong to operators. */
const OWN: Readonly<Partial<Record<RefusalCode, number>>> = {
  'lease-time-invalid': REFUSAL.leaseTimeInvalid,
  'wait-time-invalid': REFUSAL.waitTimeInvalid,
  'name-empty': REFUSAL.nameEmpty,
  'name-too-long': REFUSAL.nameTooLong,
  'size-invalid': REFUSAL.sizeInvalid,
  'size-mismatch': REFUSAL.sizeMismatch,
  held: REFUSAL.held,
  'wait-timeout': REFUSAL.waitTimeout,
  'lease-ended': REFUSAL.leaseEnded,
  withdrawn: REFUSAL.withdrawn,
  'lock-unknown': REFUSAL.lockUnknown,
  'key-invalid': REFUSAL.keyInvalid,
  'lease-unknown': REFUSAL.leaseUnknown,
  'too-many-waiters': REFUSAL.tooManyWaiters,
  'server-stopping': REFUSAL.serverStopping,
};

describe('refusalToFrame', () => {
  for (const [code, number] of Object.entries(OWN)) {
    it(`tells ${code} by a number of its own, in words`, () => {
      const { code: told, message } = refusalToFrame(code as RefusalCode);
      expect(told).to.equal(number);
      expect(message).to.match(/^[a-z].{10,}[^.]$/);
    });
  }

  it('has a number for each, shared by none of them', () => {
    expect(new Set(Object.values(OWN)).size).to.equal(Object.keys(OWN).length);
  });
});
