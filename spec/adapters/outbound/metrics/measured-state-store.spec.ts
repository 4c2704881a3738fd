import { expect } from 'chai';
import { MemoryStateStore } from '../../../../adapters/outbound/memory/memory-state-store.js';
import { MeasuredStateStore } from '../../../../adapters/outbound/metrics/measured-state-store.js';
import type { StoreMetrics } from '../../../../ports/outbound/metrics.js';
import type { StateStore } from '../../../../ports/outbound/state-store.js';
import { granted } from '../../../contracts/some-facts.js';
import { stateStoreContract } from '../../../contracts/state-store.contract.js';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';

const unwatched: StoreMetrics = {
  gathered: () => undefined,
  kept: () => undefined,
  lost: () => undefined,
  failed: () => undefined,
};

stateStoreContract('MeasuredStateStore', {
  supports: { durability: false, exclusiveOpen: false },
  createPlace: () => undefined,
  disposePlace: () => undefined,
  newStore: () =>
    new MeasuredStateStore({ store: new MemoryStateStore(), metrics: unwatched, now: () => 0 }),
});

/** A store whose appends are kept together, by one promise, until the group is let go. */
class GroupingStateStore extends MemoryStateStore {
  resolve: () => void = () => undefined;
  #group: Promise<void> | undefined;

  override append(): Promise<void> {
    this.#group ??= new Promise((resolve) => {
      this.resolve = () => {
        this.#group = undefined;
        resolve();
      };
    });
    return this.#group;
  }
}

describe('MeasuredStateStore', () => {
  let heard: string[];
  let now: number;

  beforeEach(() => {
    heard = [];
    now = 0;
  });

  function measured(store: StateStore): MeasuredStateStore {
    const metrics: StoreMetrics = {
      gathered: (facts) => heard.push(`${facts} gathered`),
      kept: (facts, ms) => heard.push(`${facts} kept after ${ms} ms`),
      lost: (facts) => heard.push(`${facts} lost`),
      failed: () => heard.push('failed'),
    };
    return new MeasuredStateStore({ store, metrics, now: () => now });
  }

  it('hands on the promises of the store within, as they are', () => {
    const within = new MemoryStateStore();
    const kept = Promise.resolve();
    within.append = () => kept;
    expect(measured(within).append([])).to.equal(kept);
  });

  it('tells how long each append took', async () => {
    const within = new ControlledStateStore();
    const store = measured(within);
    const first = store.append([granted(1), granted(2)]);
    now = 3;
    const second = store.append([granted(3)]);
    now = 7;
    within.resolveAll();
    await Promise.all([first, second]);
    expect(heard).to.deep.equal([
      '2 gathered',
      '1 gathered',
      '2 kept after 7 ms',
      '1 kept after 4 ms',
    ]);
  });

  it('tells of a group once, from when its first facts were handed over', async () => {
    const within = new GroupingStateStore();
    const store = measured(within);
    const kept = store.append([granted(1)]);
    now = 5;
    store.append([granted(2), granted(3)]).catch(() => undefined);
    now = 6;
    within.resolve();
    await kept;
    expect(heard.slice(2)).to.deep.equal(['3 kept after 6 ms']);
    const next = store.append([granted(4)]);
    within.resolve();
    await next;
    expect(heard.slice(3)).to.deep.equal(['1 gathered', '1 kept after 0 ms']);
  });

  it('tells of every append to a store that has one promise for all', async () => {
    const store = measured(new MemoryStateStore());
    await store.open();
    await store.append([granted(1)]);
    await store.append([granted(2)]);
    expect(heard.filter((line) => line.includes('kept'))).to.have.length(2);
  });

  it('tells what was lost, and of the failure once', async () => {
    const within = new ControlledStateStore();
    const store = measured(within);
    const first = store.append([granted(1)]);
    const failure = within.fail();
    const second = store.append([granted(2)]);
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes).to.deep.equal(Array(2).fill({ status: 'rejected', reason: failure }));
    expect(heard).to.have.members(['1 gathered', '1 gathered', '1 lost', 'failed', '1 lost']);
  });

  it('counts nothing that a store threw instead of taking', () => {
    const within = new ControlledStateStore();
    within.thrown = new Error('no');
    expect(() => measured(within).append([granted(1)])).to.throw('no');
    expect(heard).to.deep.equal([]);
  });
});
