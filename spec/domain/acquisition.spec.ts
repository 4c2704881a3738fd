import { expect } from 'chai';
import { type AcquisitionOwner, PendingAcquisition } from '../../domain/acquisition.js';
import type { Granted } from '../../domain/decision.js';
import { refused } from '../../domain/refusal.js';

describe('PendingAcquisition', () => {
  const granted: Granted = { kind: 'granted', key: 'key', fencingToken: 7, waitedMs: 0 };
  const kept = Promise.resolve();
  let confirm: AcquisitionOwner['confirm'];
  let withdrawn: PendingAcquisition[];
  let acquisition: PendingAcquisition;

  beforeEach(() => {
    confirm = ({ decision }) => decision ?? refused('withdrawn');
    withdrawn = [];
    const request = { sessionId: 'ann', name: 'printer', size: 3, waitMs: 4, leaseMs: 5 };
    const owner = {
      confirm: (one: PendingAcquisition) => confirm(one),
      withdraw: (one: PendingAcquisition) => withdrawn.push(one),
    };
    acquisition = new PendingAcquisition(request, 'key', owner);
  });

  it('is the command that the request asks for', () => {
    const { sessionId, name, size, key, waitMs, leaseMs } = acquisition;

    expect({ sessionId, name, size, key, waitMs, leaseMs }).to.deep.equal({
      sessionId: 'ann',
      name: 'printer',
      size: 3,
      key: 'key',
      waitMs: 4,
      leaseMs: 5,
    });
  });

  it('answers with the decision when it is kept', async () => {
    acquisition.decide(granted, kept);

    expect(await acquisition.answer).to.equal(granted);
  });

  it('does not answer before that', async () => {
    let keep: () => void = () => undefined;
    const seen: string[] = [];
    acquisition.decide(granted, new Promise((resolve) => (keep = resolve)));
    const answered = acquisition.answer.then(() => seen.push('answered'));
    await new Promise(setImmediate);
    seen.push('kept');
    keep();
    await answered;

    expect(seen).to.deep.equal(['kept', 'answered']);
  });

  it('knows the decision at once', () => {
    acquisition.decide(granted, kept);

    expect(acquisition.decision).to.equal(granted);
  });

  it('answers with what its owner confirms when the decision is kept', async () => {
    acquisition.decide(granted, kept);
    confirm = () => Promise.resolve(refused('lease-ended'));

    expect(await acquisition.answer).to.deep.equal(refused('lease-ended'));
  });

  it('rejects when the decision is not kept', async () => {
    const failure = new Error('the disk is full');
    acquisition.decide(granted, Promise.reject(failure));

    expect(await acquisition.answer.catch((error: unknown) => error)).to.equal(failure);
  });

  it('rejects when it fails undecided', async () => {
    const failure = new Error('the disk is full');
    acquisition.fail(failure);

    expect(await acquisition.answer.catch((error: unknown) => error)).to.equal(failure);
  });

  it('fails in silence when nobody listens', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.prependListener('unhandledRejection', note);
    acquisition.fail(new Error('the disk is full'));
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);

    expect(unhandled).to.deep.equal([]);
  });

  it('tells its owner of every withdrawal', () => {
    acquisition.withdraw();
    acquisition.withdraw();

    expect(withdrawn).to.deep.equal([acquisition, acquisition]);
  });
});
