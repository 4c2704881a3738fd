import { expect } from 'chai';
import fc from 'fast-check';
import { Latencies } from '../../../client/stress/latencies.js';

describe('Latencies', () => {
  it('have no percentile but 0 while there are none', () => {
    expect(new Latencies().percentile(0.99)).to.equal(0);
  });

  it('have percentiles within four hundredths of the truth, and the greatest as it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99, 1),
        (times, part) => {
          const latencies = new Latencies();
          for (const ms of times) {
            latencies.add(ms);
          }
          const sorted = times.toSorted((one, other) => one - other);
          const truth = sorted[Math.ceil(times.length * part) - 1] ?? 0;
          expect(latencies.count).to.equal(times.length);
          expect(latencies.percentile(part)).to.be.within(truth * 0.96, truth * 1.04);
        },
      ),
    );
  });
});
