import { expect } from 'chai';
import { allowed, jsonAnswer } from '../../../../adapters/inbound/admin/admin-answer.js';

describe('Admin answer', () => {
  it('is a line of JSON without what is undefined', () => {
    expect(jsonAnswer(503, { status: 'standby', leader: null, id: undefined })).to.deep.equal({
      status: 503,
      contentType: 'application/json',
      body: '{"status":"standby","leader":null}\n',
    });
  });

  for (const [methods, listed] of [
    [['GET'], ['GET', 'HEAD']],
    [
      ['POST', 'GET'],
      ['GET', 'HEAD', 'POST'],
    ],
    [
      ['HEAD', 'GET'],
      ['GET', 'HEAD'],
    ],
    [['POST'], ['POST']],
  ] as const) {
    it(`lists ${methods} as ${listed}`, () => {
      expect(allowed(methods)).to.deep.equal(listed);
    });
  }
});
