import { expect } from 'chai';
import { InvariantError, invariant } from '../../domain/invariant.js';

describe('invariant', () => {
  it('lets what holds pass', () => {
    expect(() => invariant(true, 'water is wet')).not.to.throw();
  });

  it('throws an InvariantError with the rule that is broken', () => {
    expect(() => invariant(false, 'water is wet'))
      .to.throw(InvariantError, /^water is wet$/)
      .with.property('name', 'InvariantError');
  });
});
