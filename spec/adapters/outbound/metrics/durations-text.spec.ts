import { expect } from 'chai';
import { durationsText } from '../../../../adapters/outbound/metrics/durations-text.js';
import { Durations } from '../../../../domain/durations.js';

describe('durationsText', () => {
  const durations = new Durations();
  for (const ms of [0.5, 1, 700, 100_000_000]) {
    durations.add(ms);
  }
  const lines = durationsText({ name: 'x_seconds', help: 'How long.', durations }).split('\n');

  it('says first what it is, and ends with a line end', () => {
    expect(lines.slice(0, 2)).to.deep.equal([
      '# HELP x_seconds How long.',
      '# TYPE x_seconds histogram',
    ]);
    expect(lines.at(-1)).to.equal('');
  });

  it('has a line a bound, in seconds, each with all that is not above it', () => {
    const buckets = lines.filter((line) => line.startsWith('x_seconds_bucket'));
    expect(buckets).to.have.length(durations.boundsMs.length + 1);
    expect(buckets).to.include.members([
      'x_seconds_bucket{le="0.001"} 2',
      'x_seconds_bucket{le="0.5"} 2',
      'x_seconds_bucket{le="1"} 3',
      'x_seconds_bucket{le="86400"} 3',
    ]);
    expect(buckets.at(-1)).to.equal('x_seconds_bucket{le="+Inf"} 4');
  });

  it('has the sum in seconds, and the count', () => {
    expect(lines).to.include.members(['x_seconds_sum 100000.7015', 'x_seconds_count 4']);
  });
});
