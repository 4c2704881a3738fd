/**
 * Why: every sentence of the StateStore port's contract, as specs that any adapter runs. It goes
 * out with the package for other people's adapters, so it needs nothing but `describe` and `it` of
 * mocha (or a runner that has the same as globals), Node's own modules, and the domain.
 */
import assert from 'node:assert/strict';
import type { Fact, LeaseGranted } from '../../domain/facts.js';
import { FOREVER } from '../../domain/instant.js';
import type { RecoveredState, StateStore } from '../../ports/outbound/state-store.js';
import { assertFold, assertPrefix } from './recovered-state.js';
import { ended, granted, renewed, sessionEnded, sessionOpened } from './some-facts.js';

/**
 * How the suite gets at an adapter. A place is where stores keep things: a file, a database, a
 * server.
 */
export interface StateStoreFactory<Place> {
  readonly supports: {
    /** What was appended is there at the next opening. */
    readonly durability: boolean;
    /** A place that is open refuses a second store with `in-use`. */
    readonly exclusiveOpen: boolean;
  };
  /** A place where nothing was ever kept; one for each spec. */
  readonly createPlace: () => Place | Promise<Place>;
  /** The spec is over, and its stores are closed or crashed. */
  readonly disposePlace: (place: Place) => void | Promise<void>;
  /** A new store on the place, as another process would make it, not opened yet. */
  readonly newStore: (place: Place) => StateStore;
  /**
   * If it can: ends the store as kill -9 or a loss of power would, in the middle of what it does.
   */
  readonly crash?: (place: Place, store: StateStore) => void | Promise<void>;
  /** If it can: what the store writes next fails, as on a full disk. */
  readonly failNextWrite?: (place: Place, store: StateStore) => void | Promise<void>;
}

/** Call it at the top of a spec file, once for each way to set the adapter up. */
export function stateStoreContract<Place>(name: string, factory: StateStoreFactory<Place>): void {
  describe(`${name}, as a StateStore`, () => {
    const world = new StoreWorld(factory);
    afterEach(() => world.dispose());

    specifyAppending(world);
    specifyClosing(world);
    if (factory.supports.durability) {
      specifyReopening(world);
      specifyOddLeases(world);
    } else {
      it('opens empty again, since it claims no durability', async () => {
        await world.keep([granted(1)]);
        assert.deepEqual(await world.recover(), { leases: [], sessions: [], fencingToken: 0 });
      });
    }
    if (factory.supports.exclusiveOpen) {
      specifyExclusion(world);
    }
    if (factory.crash !== undefined) {
      specifyCrashes(world);
    }
    if (factory.failNextWrite !== undefined) {
      specifyFailures(world);
    }
  });
}

function specifyAppending(world: World): void {
  it('opens empty where nothing was kept', async () => {
    const { recovered } = await world.open();
    assert.deepEqual(recovered, { leases: [], sessions: [], fencingToken: 0 });
  });

  it('resolves for facts of every kind', async () => {
    const { store } = await world.open();
    await store.append([granted(1), renewed(1, { leaseMs: 5 }), ended(1)]);
  });

  it('resolves for a call without facts', async () => {
    const { store } = await world.open();
    await store.append([]);
  });

  it('resolves calls made at once in their order, those without facts too', async () => {
    const { store } = await world.open();
    const resolved: number[] = [];
    const appends = Array.from({ length: 30 }, async (_, call) => {
      await store.append(call % 3 === 2 ? [] : [granted(call)]);
      resolved.push(call);
    });
    await Promise.all(appends);
    assert.deepEqual(resolved, [...resolved.keys()]);
  });

  it('takes 10,000 facts in one call', async () => {
    const { store } = await world.open();
    await store.append(Array.from({ length: 10_000 }, (_, index) => granted(index)));
  });

  it('takes 10,000 calls at once', async () => {
    const { store } = await world.open();
    const calls = Array.from({ length: 10_000 }, (_, index) => store.append([granted(index)]));
    await Promise.all(calls);
  });
}

function specifyClosing(world: World): void {
  it('resolves the appends made before it is closed', async () => {
    const { store } = await world.open();
    let resolvedCount = 0;
    const appends = Array.from({ length: 20 }, async (_, index) => {
      await store.append([granted(index)]);
      resolvedCount += 1;
    });
    await store.close();
    assert.equal(resolvedCount, 20);
    await Promise.all(appends);
  });

  it('rejects with closed what is appended after', async () => {
    const { store } = await world.open();
    const closing = store.close();
    await assert.rejects(store.append([granted(1)]), { name: 'StateStoreError', code: 'closed' });
    await closing;
    await assert.rejects(store.append([]), { name: 'StateStoreError', code: 'closed' });
  });

  it('closes any number of times', async () => {
    const { store } = await world.open();
    await Promise.all([store.close(), store.close()]);
    await store.close();
  });

  it('closes though it was never opened', async () => {
    await (await world.newStore()).close();
  });
}

function specifyReopening(world: World): void {
  it('gives the leases that live, each once, after grants, renewals and endings', async () => {
    const facts = [
      granted(1),
      granted(2),
      granted(3),
      renewed(2, { leaseMs: 77 }),
      ended(1, { reason: 'expired' }),
      granted(4),
      renewed(2, { leaseMs: 78 }),
      ended(3, { reason: 'session-ended' }),
    ];
    await world.keep(facts);
    assertFold(await world.recover(), facts);
  });

  it('gives the highest fencing token of all, though its lease has ended', async () => {
    await world.keep([granted(1), granted(9), ended(9, { reason: 'revoked' })]);
    assert.equal((await world.recover()).fencingToken, granted(9).fencingToken);
  });

  it('gives it again and again, though nothing was appended in between', async () => {
    await world.keep([granted(1), ended(1)]);
    await world.recover();
    const nothing = { leases: [], sessions: [] };
    const { fencingToken } = granted(1);
    assert.deepEqual(await world.recover(), { ...nothing, fencingToken });
  });

  it('gives the stream sessions that are open, and the releases not heard of', async () => {
    const facts = [
      sessionOpened('s1', { owner: { host: 'h', __proto__: 'p', 鍵: '' }, recoveryMs: 0 }),
      sessionOpened('s2'),
      sessionOpened('s3'),
      granted(1, { sessionId: 's1', requestId: 7, metadata: { purpose: 'backup' } }),
      granted(2, { sessionId: 's1', requestId: 8 }),
      granted(3, { sessionId: 's2', requestId: 1 }),
      granted(4, { sessionId: 's2', requestId: 2 }),
      ended(2, { by: { sessionId: 's1', requestId: 9, heardBelow: 9 } }),
      ended(3, { by: { sessionId: 's2', requestId: 3, heardBelow: 3 } }),
      ended(4, { by: { sessionId: 's2', requestId: 4, heardBelow: 4 } }),
      sessionEnded('s3'),
    ];
    await world.keep(facts);
    const recovered = await world.recover();
    assertFold(recovered, facts);
    assert.equal(recovered.sessions.length, 2);
    assertFold(await world.recover(), facts);
  });

  it('gives 10,000 stream sessions with a hundred releases each forgotten or kept', async () => {
    const facts: Fact[] = [];
    for (let index = 0; index < 10_000; index += 1) {
      facts.push(sessionOpened(`s${index}`));
    }
    for (let index = 0; index < 1_000; index += 1) {
      const by = { sessionId: 's5', requestId: index + 1, heardBelow: Math.max(1, index - 99) };
      facts.push(granted(index, { sessionId: 's5' }), ended(index, { by }));
    }
    await world.keep(facts);
    const recovered = await world.recover();
    assertFold(recovered, facts);
    const { releases } = recovered.sessions.find(({ sessionId }) => sessionId === 's5') ?? {};
    assert.equal(releases?.length, 101);
  });

  it('adds up over several openings', async () => {
    const generations = [
      [granted(1), granted(2)],
      [ended(1), granted(3)],
      [renewed(3, { leaseMs: 3 }), granted(4)],
    ];
    for (const facts of generations) {
      await world.keep(facts);
    }
    assertFold(await world.recover(), generations.flat());
  });

  it('grants a key that is free again', async () => {
    const facts = [granted(1), ended(1), granted(2, { key: granted(1).key })];
    await world.keep(facts);
    assertFold(await world.recover(), facts);
  });

  it('keeps the order of the calls, and of the facts in each', async () => {
    const { store } = await world.open();
    const calls = Array.from({ length: 100 }, (_, index) => [
      granted(index),
      renewed(index, { leaseMs: 1 }),
      renewed(index, { leaseMs: 2 }),
      ...(index % 2 === 1 ? [ended(index - 1)] : []),
    ]);
    await Promise.all(calls.map((facts) => store.append(facts)));
    await store.close();
    assertFold(await world.recover(), calls.flat());
  });

  it('keeps 10,000 facts of one call', async () => {
    const facts = Array.from({ length: 10_000 }, (_, index) => granted(index));
    await world.keep(facts);
    assertFold(await world.recover(), facts);
  });

  it('does not change afterwards what it gave', async () => {
    await world.keep([granted(1), granted(2)]);
    const { store, recovered } = await world.open();
    await store.append([renewed(1, { leaseMs: 1 }), ended(2), granted(3)]);
    assertFold(recovered, [granted(1), granted(2)]);
  });
}

/** Names are whatever UTF-8 can hold; a store must not trip over any of them. */
const ODD_NAMES: readonly (readonly [string, string])[] = [
  ['of one character', 'a'],
  ['that means something to JavaScript', '__proto__'],
  ['that means something to a path', '../..'],
  ['with quotes, backslashes and braces', '"\\\'{}[],:'],
  ['with ends of lines', 'a\nb\r\nc\u2028d\u2029'],
  ['with NUL and other control characters', '\0\x01\x1f\x7f\x85'],
  ['beyond ASCII', 'äöü 鍵 ключ'],
  ['beyond the basic plane', '🔒👩‍🚀'],
  ['of the last character of each length in UTF-8', '\x7f\u07ff\uffff\u{10ffff}'],
  ['of spaces', '   '],
  ['of 64 KiB', 'x'.repeat(65_536)],
];

function specifyOddLeases(world: World): void {
  const oddLeases: readonly (readonly [string, Partial<LeaseGranted>])[] = [
    ...ODD_NAMES.map(([what, name]) => [`a name ${what}`, { name }] as const),
    ['a lease without an end', { leaseMs: FOREVER }],
    ['a lease of no time', { leaseMs: 0 }],
    ['a lease of a fraction of a millisecond', { leaseMs: 0.1 }],
    ['the greatest size', { size: 2 ** 31 - 1 }],
    ['the greatest fencing token', { fencingToken: Number.MAX_SAFE_INTEGER }],
    ['a moment before 1970', { at: -1 }],
    ['an empty session id', { sessionId: '' }],
  ];
  for (const [what, fields] of oddLeases) {
    it(`keeps ${what}`, async () => {
      const facts = [granted(1, fields)];
      await world.keep(facts);
      assertFold(await world.recover(), facts);
    });
  }

  for (const [what, name] of ODD_NAMES) {
    it(`keeps the renewal and the end of leases on a name ${what}`, async () => {
      const facts = [
        granted(1, { name }),
        granted(2, { name }),
        renewed(1, { name, leaseMs: FOREVER }),
        ended(2, { name }),
      ];
      await world.keep(facts);
      assertFold(await world.recover(), facts);
    });
  }
}

function specifyExclusion(world: World): void {
  it('refuses a second store on the same place with in-use, and goes on', async () => {
    const { store } = await world.open();
    const second = await world.newStore();
    await assert.rejects(second.open(), { name: 'StateStoreError', code: 'in-use' });
    await store.append([granted(1)]);
    await store.close();
    assertFold(await world.recover(), [granted(1)]);
  });

  it('opens when the store that had the place is closed', async () => {
    const { store } = await world.open();
    const second = await world.newStore();
    await assert.rejects(second.open(), { name: 'StateStoreError', code: 'in-use' });
    await store.close();
    await world.open();
  });
}

function specifyCrashes(world: World): void {
  it('has after a crash what had resolved', async () => {
    const { store } = await world.open();
    await store.append([granted(1), granted(2)]);
    await store.append([ended(1)]);
    await world.crash(store);
    assertFold(await world.recover(), [granted(1), granted(2), ended(1)]);
  });

  for (const callCount of [1, 2, 5, 20, 39]) {
    it(`has all that had resolved and a prefix of the rest after ${callCount} calls`, async () => {
      const { store } = await world.open();
      const calls = Array.from({ length: 40 }, (_, index) => [
        granted(index),
        granted(100 + index),
        ended(index),
      ]);
      const resolved = new Set<readonly Fact[]>();
      // Three calls are under way at any time, so that the crash finds some in every state.
      const appends: Promise<void>[] = [];
      for (const facts of calls.slice(0, callCount + 2)) {
        const append = store.append(facts).then(() => void resolved.add(facts));
        // A store whose process is gone tells nothing; one that is still there may tell that it failed.
        append.catch(() => undefined);
        appends.push(append);
        await appends.at(-3);
      }
      const factCountMin = resolved.size * 3;
      await world.crash(store);
      assertPrefix(await world.recover(), calls.flat(), factCountMin);
    });
  }

  it('goes on after a crash where it was', async () => {
    for (let index = 0; index < 5; index += 1) {
      const { store } = await world.open();
      await store.append([granted(index)]);
      await world.crash(store);
    }
    assertFold(
      await world.recover(),
      [0, 1, 2, 3, 4].map((index) => granted(index)),
    );
  });
}

function specifyFailures(world: World): void {
  const failure = { name: 'StateStoreError', code: 'write-failed' };
  const refusal = (error: unknown): boolean =>
    ['closed', 'write-failed'].includes((error as { readonly code: string }).code);

  it('rejects with write-failed what it could not write, saying what to do', async () => {
    const { store } = await world.open();
    await world.failNextWrite(store);
    await assert.rejects(store.append([granted(1)]), failure);
  });

  it('rejects all that was appended with it and all that comes after', async () => {
    const { store } = await world.open();
    await world.failNextWrite(store);
    const appends = [1, 2, 3].map((index) => store.append([granted(index)]));
    const outcomes = await Promise.allSettled(appends);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    await assert.rejects(store.append([granted(4)]), refusal);
    await assert.rejects(store.append([]), refusal);
  });

  it('closes after a failure', async () => {
    const { store } = await world.open();
    await world.failNextWrite(store);
    await assert.rejects(store.append([granted(1)]), failure);
    await store.close();
    await assert.rejects(store.append([granted(2)]), refusal);
  });

  it('keeps what had resolved before, and a prefix of the rest', async () => {
    const { store } = await world.open();
    await store.append([granted(1), granted(2)]);
    await world.failNextWrite(store);
    await assert.rejects(store.append([ended(1), granted(3)]), failure);
    await store.close();
    assertPrefix(await world.recover(), [granted(1), granted(2), ended(1), granted(3)], 2);
  });
}

/** The place of the spec that runs, and the stores on it. */
class StoreWorld<Place> {
  readonly #factory: StateStoreFactory<Place>;
  #place: { readonly value: Place } | undefined;
  readonly #stores = new Set<StateStore>();

  constructor(factory: StateStoreFactory<Place>) {
    this.#factory = factory;
  }

  async newStore(): Promise<StateStore> {
    const store = this.#factory.newStore(await this.#placed());
    this.#stores.add(store);
    return store;
  }

  async open(): Promise<{ readonly store: StateStore; readonly recovered: RecoveredState }> {
    const store = await this.newStore();
    return { store, recovered: await store.open() };
  }

  /** Appends the facts to a store that is opened and closed for it. */
  async keep(facts: readonly Fact[]): Promise<void> {
    const { store } = await this.open();
    await store.append(facts);
    await store.close();
  }

  /** What a store gives that is opened, and closed again. */
  async recover(): Promise<RecoveredState> {
    const { store, recovered } = await this.open();
    await store.close();
    return recovered;
  }

  async crash(store: StateStore): Promise<void> {
    this.#stores.delete(store);
    await this.#factory.crash?.(await this.#placed(), store);
  }

  async failNextWrite(store: StateStore): Promise<void> {
    await this.#factory.failNextWrite?.(await this.#placed(), store);
  }

  async dispose(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    for (const store of this.#stores) {
      await store.close();
    }
    this.#stores.clear();
    if (place !== undefined) {
      await this.#factory.disposePlace(place.value);
    }
  }

  async #placed(): Promise<Place> {
    this.#place ??= { value: await this.#factory.createPlace() };
    return this.#place.value;
  }
}

type World = Pick<StoreWorld<unknown>, keyof StoreWorld<unknown>>;
