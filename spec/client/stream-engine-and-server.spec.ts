/** What the stream's two sides make of one another, whatever becomes of the wire between them. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import type { HeldLock } from '../../client/held-lock.js';
import { LdlmError } from '../../client/ldlm-error.js';
import type { AcquireAttempt } from '../../client/lock-engine.js';
import { StreamEngine } from '../../client/stream-engine.js';
import type { Fact } from '../../domain/facts.js';
import { fakeTiming } from '../support/fake-timing.js';
import { StreamWorld } from '../support/stream-world.js';
import { Wires } from '../support/wire.js';

/** Longer than anything that a program of the spec waits for. */
const LONG_ENOUGH = 60;
const STEP_MS = 500;

interface Asked {
  readonly attempt: AcquireAttempt;
  lock: HeldLock | undefined;
  isSettled: boolean;
}

/** A program with a client of its own, which takes note of whatever it is told. */
class Program {
  readonly wires: Wires;
  readonly engine: StreamEngine;
  readonly asked: Asked[] = [];
  /** What went wrong in a way that no program should see. */
  readonly faults: unknown[] = [];
  readonly #world: StreamWorld;

  constructor(world: StreamWorld, name: string, recoveryWindowMs: number) {
    this.#world = world;
    this.wires = new Wires(world);
    this.engine = new StreamEngine({
      addresses: [name],
      openLink: this.wires.open,
      timing: fakeTiming(world.clock),
      random: () => 0,
      owner: { name },
      recoveryWindowMs,
      connectTimeoutMs: 2_000,
      unavailableTimeoutMs: 5_000,
      closeTimeoutMs: 1_000,
      tell: () => undefined,
    });
  }

  get believed(): readonly HeldLock[] {
    return this.asked.flatMap(({ lock }) =>
      lock !== undefined && this.engine.heldForMs(lock) > 0 ? [lock] : [],
    );
  }

  acquire(order: Order): void {
    const { waitMs, ...rest } = order;
    const attempt = this.engine.acquire({
      ...rest,
      size: 1,
      waitUntil: waitMs === undefined ? undefined : this.#world.clock.now() + waitMs,
      metadata: undefined,
    });
    const asked: Asked = { attempt, lock: undefined, isSettled: false };
    this.asked.push(asked);
    attempt.outcome.then(
      (lock) => Object.assign(asked, { lock, isSettled: true }),
      (error: unknown) => {
        asked.isSettled = true;
        this.#note(error);
      },
    );
  }

  release(which: number): void {
    this.#withLock(which, (lock) => this.engine.release(lock));
  }

  renew(which: number, leaseMs: number): void {
    this.#withLock(which, (lock) => this.engine.renew(lock, leaseMs));
  }

  abandon(which: number): void {
    this.asked[which % Math.max(1, this.asked.length)]?.attempt.abandon(
      new LdlmError('closed', ''),
    );
  }

  #withLock(which: number, act: (lock: HeldLock) => Promise<void>): void {
    const { believed } = this;
    const lock = believed[which % Math.max(1, believed.length)];
    if (lock !== undefined) {
      act(lock).catch((error: unknown) => this.#note(error));
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof LdlmError) || error.code === 'protocol') {
      this.faults.push(error);
    }
  }
}

interface Order {
  readonly name: string;
  readonly leaseMs: number | undefined;
  readonly isRenewed: boolean;
  readonly waitMs: number | undefined;
}

const order: fc.Arbitrary<Order> = fc.record({
  name: fc.constantFrom('a', 'b'),
  leaseMs: fc.constantFrom(undefined, 400, 2_000),
  isRenewed: fc.boolean(),
  waitMs: fc.constantFrom(undefined, 300, 3_000, Number.POSITIVE_INFINITY),
});

const which = fc.nat({ max: 7 });

/** Shown by what it does when a property fails. */
interface Step {
  readonly does: string;
  readonly act: (program: Program, world: StreamWorld) => void | Promise<void>;
}

const wired = (does: string, act: (wires: Wires) => void): Step => ({
  does,
  act: ({ wires }) => act(wires),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: order.map((order) => ({
      does: `acquire ${JSON.stringify(order)}`,
      act: (program: Program) => program.acquire(order),
    })),
  },
  {
    weight: 3,
    arbitrary: which.map((index) => ({
      does: `release ${index}`,
      act: (program: Program) => program.release(index),
    })),
  },
  {
    weight: 1,
    arbitrary: which.map((index) => ({
      does: `abandon ${index}`,
      act: (program: Program) => program.abandon(index),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(which, fc.constantFrom(300, 1_500)).map(([index, leaseMs]) => ({
      does: `renew ${index} ${leaseMs}`,
      act: (program: Program) => program.renew(index, leaseMs),
    })),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 30, 130, 400, 1_000, 3_000).map((ms) => ({
      does: `pass ${ms}`,
      act: (_: Program, world: StreamWorld) => pass(world, ms),
    })),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      wired('hold requests', (wires) => {
        wires.holdsRequests = true;
      }),
      wired('hold answers', (wires) => {
        wires.holdsAnswers = true;
      }),
      wired('flow', (wires) => wires.flow()),
      wired('cut', (wires) => wires.cut()),
      wired('cut and flow', (wires) => {
        wires.cut();
        wires.flow();
      }),
    ),
  },
);

async function pass(world: StreamWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= STEP_MS) {
    await world.advance(Math.min(left, STEP_MS));
  }
}

/** The server gives a lease away: nobody may believe in it at that very moment. */
function expectUnbelieved(fact: Fact, programs: readonly Program[]): void {
  if (fact.type !== 'lease-ended' || !['expired', 'session-ended'].includes(fact.reason)) {
    return;
  }
  for (const { believed } of programs) {
    const stale = believed.filter(({ key }) => key === fact.key);
    expect(stale, `believes in what is ${fact.reason}`).to.deep.equal([]);
  }
}

async function run(
  recoveryWindowMs: number,
  steps: readonly (readonly [number, Step])[],
): Promise<void> {
  const world = await StreamWorld.start();
  const programs = ['p', 'q'].map((name) => new Program(world, name, recoveryWindowMs));
  const violations: unknown[] = [];
  const append = world.store.append.bind(world.store);
  world.store.append = (facts) => {
    for (const fact of facts) {
      try {
        expectUnbelieved(fact, programs);
      } catch (error) {
        violations.push(error);
      }
    }
    return append(facts);
  };
  for (const [index, { act }] of steps) {
    await act(programs[index] as Program, world);
    await world.settle();
  }
  for (let turn = 0; turn < LONG_ENOUGH; turn += 1) {
    for (const program of programs) {
      program.wires.flow();
      program.release(0);
    }
    await pass(world, 1_000);
  }
  expect(violations).to.deep.equal([]);
  for (const { asked, faults, believed } of programs) {
    expect(faults).to.deep.equal([]);
    expect(asked.filter(({ isSettled }) => !isSettled)).to.deep.equal([]);
    expect(believed).to.deep.equal([]);
  }
  expect(world.service.leaseCount).to.equal(0);
  const closing = Promise.all(programs.map(({ engine }) => engine.close()));
  await pass(world, 1_000);
  await closing;
}

describe('StreamEngine and the server', function () {
  this.timeout(60_000);

  for (const recoveryWindowMs of [3_000, 1_000]) {
    it(`answer each request once, believe in no lock too long, and leave none behind, with a window of ${recoveryWindowMs} ms`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat({ max: 1 }), step), {
            minLength: 5,
            maxLength: 40,
            size: 'max',
          }),
          (steps) => run(recoveryWindowMs, steps),
        ),
        { numRuns: 100 },
      );
    });
  }
});
