import { expect } from 'chai';
import { DeliveryReceipt } from '../../../../adapters/inbound/grpc/delivery-receipt.js';

describe('DeliveryReceipt', () => {
  it('is not sent while nothing has turned it into headers, copied or not', () => {
    const receipt = new DeliveryReceipt();
    receipt.clone();
    expect(receipt.isSent).to.equal(false);
  });

  it('is sent once it, or what the library takes for its copy, is turned into headers', () => {
    const receipt = new DeliveryReceipt();
    expect(receipt.clone().toHttp2Headers()).to.deep.equal({});
    expect(receipt.isSent).to.equal(true);
  });
});
