import { expect } from 'chai';
import { shortestFailing } from './shrink.js';

describe('shortestFailing', () => {
  for (const least of [1, 2, 77, 249, 250]) {
    it(`finds that ${least} operations suffice to fail`, async () => {
      expect(await shortestFailing(250, async (count) => count >= least)).to.equal(least);
    });
  }
});
