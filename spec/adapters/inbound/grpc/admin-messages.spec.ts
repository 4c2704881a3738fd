import { expect } from 'chai';
import fc from 'fast-check';
import {
  fromChange,
  fromFilter,
  fromHolder,
  fromLock,
  fromSession,
  fromStats,
  fromWaiter,
  toChange,
  toFilter,
  toHolder,
  toLock,
  toSession,
  toStats,
  toWaiter,
} from '../../../../adapters/inbound/grpc/admin-messages.js';
import type { Holder__Output } from '../../../../proto/generated/ldlm/admin/Holder.js';
import {
  anyChange,
  anyHolder,
  anyLock,
  anySession,
  anyStats,
  anyText,
  anyWaiter,
} from '../../../support/some-holder.js';

/** Words that are none are not sent. */
function withoutEmptyOwner<Described extends { readonly owner: object | undefined }>(
  described: Described,
): Described {
  const { owner } = described;
  return owner !== undefined && Object.keys(owner).length === 0
    ? { ...described, owner: undefined }
    : described;
}

describe('admin messages', () => {
  it('carry a holder as it is', () => {
    fc.assert(
      fc.property(anyHolder, (holder) => {
        const read = fromHolder(toHolder(holder) as Holder__Output);
        expect(read).to.deep.equal(withoutEmptyOwner(holder));
      }),
    );
  });

  it('carry a waiter, a session, a lock and the stats as they are', () => {
    fc.assert(
      fc.property(anyWaiter, anySession, anyLock, anyStats, (waiter, session, lock, stats) => {
        const read = [
          fromWaiter(toWaiter(waiter) as Parameters<typeof fromWaiter>[0]),
          fromSession(toSession(session) as Parameters<typeof fromSession>[0]),
          fromLock(toLock(lock) as Parameters<typeof fromLock>[0]),
          fromStats(toStats(stats) as Parameters<typeof fromStats>[0]),
        ];
        expect(read).to.deep.equal([
          withoutEmptyOwner(waiter),
          withoutEmptyOwner(session),
          lock,
          stats,
        ]);
      }),
    );
  });

  it('carry a change as it is', () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const read = fromChange(toChange(change) as Parameters<typeof fromChange>[0]);
        expect(read).to.deep.equal({ ...change, holder: withoutEmptyOwner(change.holder) });
      }),
    );
  });

  it('pass over a change that this end does not know', () => {
    expect(fromChange({ kind: 'CHANGE_KIND_UNSPECIFIED', holder: {} })).to.equal(undefined);
    expect(fromChange({})).to.equal(undefined);
  });

  it('carry a filter as it is', () => {
    const owner = fc.record({ word: anyText, value: anyText }, { requiredKeys: ['value'] });
    const fields = { name: anyText, namePrefix: anyText, namePattern: anyText, session: anyText };
    fc.assert(
      fc.property(fc.record({ ...fields, owner }, { requiredKeys: [] }), (filter) => {
        expect(toFilter(fromFilter(filter) as Parameters<typeof toFilter>[0])).to.deep.equal(
          filter,
        );
      }),
    );
  });
});
