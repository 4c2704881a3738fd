import { expect } from 'chai';
import {
  refusalFromAdmin,
  refusalToAdmin,
} from '../../../../adapters/inbound/grpc/refusal-to-admin.js';
import type { RefusalCode } from '../../../../domain/refusal.js';

describe('refusalToAdmin', () => {
  const met: readonly RefusalCode[] = [
    'lock-unknown',
    'key-invalid',
    'key-needed',
    'session-unknown',
    'server-stopping',
  ];
  for (const code of met) {
    it(`names ${code} so that it is known again`, () => {
      expect(refusalFromAdmin(refusalToAdmin(code))).to.equal(code);
    });
  }

  it('does not know what it has no name for', () => {
    expect(refusalFromAdmin(refusalToAdmin('held'))).to.equal(undefined);
    expect(refusalFromAdmin('ADMIN_REFUSAL_OF_A_LATER_SERVER')).to.equal(undefined);
  });
});
