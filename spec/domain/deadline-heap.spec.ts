import { expect } from 'chai';
import fc from 'fast-check';
import { type Deadlined, DeadlineHeap } from '../../domain/deadline-heap.js';
import { InvariantError } from '../../domain/invariant.js';

describe('DeadlineHeap', () => {
  let heap: DeadlineHeap<Deadlined>;

  beforeEach(() => {
    heap = new DeadlineHeap();
  });

  function add(deadlineAt: number): Deadlined {
    const item = { deadlineAt, heapIndex: -1 };
    heap.add(item);
    return item;
  }

  function drain(): number[] {
    const deadlines: number[] = [];
    for (let first = heap.first(); first !== undefined; first = heap.first()) {
      deadlines.push(first.deadlineAt);
      heap.remove(first);
    }
    return deadlines;
  }

  it('has no first item while it is empty', () => {
    expect(heap.first()).to.equal(undefined);
  });

  it('gives the nearest deadline first, whatever order they came in', () => {
    for (const deadlineAt of [50, 10, 40, 20, 30, 10]) {
      add(deadlineAt);
    }

    expect(drain()).to.deep.equal([10, 10, 20, 30, 40, 50]);
  });

  it('lets an item leave from the middle', () => {
    add(10);
    const middle = add(20);
    add(30);
    heap.remove(middle);

    expect(drain()).to.deep.equal([10, 30]);
  });

  it('moves an item to an earlier deadline', () => {
    add(10);
    heap.move(add(20), 5);

    expect(drain()).to.deep.equal([5, 10]);
  });

  it('moves an item to a later deadline', () => {
    const first = add(10);
    add(20);
    heap.move(first, 30);

    expect(drain()).to.deep.equal([20, 30]);
  });

  it('takes an item back that has left', () => {
    const item = add(10);
    heap.remove(item);
    heap.add(item);

    expect(heap.first()).to.equal(item);
  });

  it('overlooks the removal of an item that has left', () => {
    const item = add(10);
    add(20);
    heap.remove(item);
    heap.remove(item);

    expect(drain()).to.deep.equal([20]);
  });

  it('stops at an item that is added twice', () => {
    const item = add(10);
    expect(() => heap.add(item)).to.throw(InvariantError);
  });

  it('stops at an item that moves in a heap that it is not in', () => {
    const item = add(10);
    heap.remove(item);
    expect(() => heap.move(item, 20)).to.throw(InvariantError);
  });

  it('stops at an item that leaves a heap that it is not in', () => {
    const foreign = add(10);
    heap = new DeadlineHeap();
    expect(() => heap.remove(foreign)).to.throw(InvariantError);
  });

  it('keeps the nearest deadline first through any adds, moves and removals', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'move', 'remove'),
      pick: fc.nat(),
      deadlineAt: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        heap = new DeadlineHeap();
        const items: Deadlined[] = [];
        for (const { kind, pick, deadlineAt } of steps) {
          const index = items.length === 0 ? 0 : pick % items.length;
          const item = items[index];
          if (kind === 'add' || item === undefined) {
            items.push(add(deadlineAt));
          } else if (kind === 'move') {
            heap.move(item, deadlineAt);
          } else {
            heap.remove(item);
            items.splice(index, 1);
          }
          const deadlines = items.map((one) => one.deadlineAt);
          expect(heap.first()?.deadlineAt ?? Infinity).to.equal(Math.min(...deadlines));
        }
        const rest = items.map((one) => one.deadlineAt).sort((one, other) => one - other);
        expect(drain()).to.deep.equal(rest);
      }),
    );
  });
});
