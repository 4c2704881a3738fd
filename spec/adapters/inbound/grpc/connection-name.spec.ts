import { expect } from 'chai';
import { connectionName } from '../../../../adapters/inbound/grpc/connection-name.js';

describe('connectionName', () => {
  const ends = {
    remoteAddress: '127.0.0.1',
    remotePort: 5,
    localAddress: '::1',
    localPort: 3144,
  };

  it('names both ends', () => {
    expect(connectionName(ends)).to.equal('127.0.0.1:5 to ::1:3144');
  });

  for (const [end, value] of Object.entries({
    remoteAddress: '127.0.0.2',
    remotePort: 6,
    localAddress: '::2',
    localPort: 3145,
  })) {
    it(`is another one for another ${end}`, () => {
      expect(connectionName({ ...ends, [end]: value })).not.to.equal(connectionName(ends));
    });
  }
});
