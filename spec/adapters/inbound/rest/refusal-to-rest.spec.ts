import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { refusalToRest } from '../../../../adapters/inbound/rest/refusal-to-rest.js';
import type { RefusalCode } from '../../../../domain/refusal.js';

/** How each travels: the error's code, or the status and what its body says. */
const TABLE: Readonly<Record<RefusalCode, string>> = {
  'lease-time-invalid': 'Unknown, no key',
  'wait-time-invalid': 'Unknown, no key',
  'name-empty': 'Unknown',
  'name-too-long': '413',
  'size-invalid': 'InvalidLockSize',
  'size-mismatch': 'LockSizeMismatch',
  held: 'no error',
  'wait-timeout': 'LockWaitTimeout',
  'lease-ended': 'LockWaitTimeout',
  withdrawn: '401',
  'lock-unknown': 'LockDoesNotExist',
  'key-invalid': 'InvalidLockKey',
  'key-needed': '400',
  'lease-unknown': 'LockDoesNotExistOrInvalidKey',
  'session-unknown': '401',
  'too-many-sessions': '429',
  'too-many-waiters': '429',
  'server-stopping': '503',
};

function travelOf(code: RefusalCode): string {
  const refusal = refusalToRest(code);
  if (refusal.as === 'status') {
    return String(refusal.answer.status);
  }
  return `${refusal.error?.code ?? 'no error'}${refusal.isKeyless === true ? ', no key' : ''}`;
}

describe('refusalToRest', () => {
  for (const [code, travel] of Object.entries(TABLE)) {
    it(`tells ${code} as ${travel}`, () => {
      expect(travelOf(code as RefusalCode)).to.equal(travel);
    });
  }

  it('has names of errors that the wire has', () => {
    const proto = readFileSync('proto/ldlm.proto', 'utf8');
    const codes = Object.keys(TABLE).flatMap((code) => {
      const refusal = refusalToRest(code as RefusalCode);
      return refusal.as === 'answer' && refusal.error !== undefined ? [refusal.error.code] : [];
    });
    const unknown = codes.filter((code) => !new RegExp(`^ {2}${code} = \\d;$`, 'm').test(proto));
    expect(unknown).to.deep.equal([]);
  });
});
