import { expect } from 'chai';
import { readPromql } from './promql.js';

describe('readPromql', () => {
  it('finds the metrics and labels of an expression', () => {
    const text =
      'histogram_quantile(0.99, sum by (instance, le) (rate(x_seconds_bucket{job=~"a|b",code!="c"}[5m]))) > 0.1';
    expect(readPromql(text)).to.deep.equal({
      metrics: ['x_seconds_bucket'],
      labels: ['instance', 'le', 'job', 'code'],
    });
  });

  it('finds them on both sides of an operator', () => {
    const { metrics } = readPromql('(sum(one) or vector(0)) == 0 and deriv(two[15m]) > 0');
    expect(metrics).to.deep.equal(['one', 'two']);
  });

  it('takes a text for a text, whatever stands in it', () => {
    expect(readPromql('x{a="sum(y", b="\\""}')).to.deep.equal({
      metrics: ['x'],
      labels: ['a', 'b'],
    });
  });

  for (const broken of [
    'sum(rate(x[5m])',
    'sum(x))',
    'x{a="b"',
    'x{a="b)',
    'rate(x[5m)',
    'rate(x[five])',
    'rat(x[5m])',
    'x; y',
    'sum by (a (x)',
  ]) {
    it(`refuses ${broken}`, () => {
      expect(() => readPromql(broken)).to.throw();
    });
  }
});
