import { expect } from 'chai';
import { Line } from '../../client/line.js';

describe('Line', () => {
  let line: Line<string>;

  beforeEach(() => {
    line = new Line();
  });

  it('gives what came first, first', () => {
    line.add('a');
    line.add('b');
    expect(line.take()).to.equal('a');
    line.add('c');
    expect([line.take(), line.take()]).to.deep.equal(['b', 'c']);
  });

  it('is empty before anything came, when all is taken, and when it is cleared', () => {
    expect([line.isEmpty, line.take()]).to.deep.equal([true, undefined]);
    line.add('a');
    expect(line.isEmpty).to.equal(false);
    line.take();
    expect([line.isEmpty, line.take()]).to.deep.equal([true, undefined]);
    line.add('b');
    line.add('c');
    line.take();
    line.clear();
    expect([line.isEmpty, line.take()]).to.deep.equal([true, undefined]);
    line.add('d');
    expect(line.take()).to.equal('d');
  });
});
