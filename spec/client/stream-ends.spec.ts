import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { StreamEnds } from '../../client/stream-ends.js';

const UNWELCOME = { wasOpen: false, hasLasted: false };
const SHORT = { wasOpen: true, hasLasted: false };
const LASTING = { wasOpen: true, hasLasted: true };

describe('StreamEnds', () => {
  let ends: StreamEnds;

  beforeEach(() => {
    ends = new StreamEnds();
  });

  for (const [name, expected] of [
    ['OK', 'broken'],
    ['UNAVAILABLE', 'broken'],
    ['ABORTED', 'broken'],
    ['DEADLINE_EXCEEDED', 'broken'],
    ['RESOURCE_EXHAUSTED', 'broken'],
    ['INTERNAL', 'not-understood'],
    ['INVALID_ARGUMENT', 'not-understood'],
    ['UNAUTHENTICATED', 'unauthenticated'],
    ['PERMISSION_DENIED', 'unauthenticated'],
    ['UNIMPLEMENTED', 'unsupported'],
  ] as const) {
    it(`judge ${name} in place of a welcome ${expected}`, () => {
      expect(ends.verdictOn(status[name], UNWELCOME)).to.equal(expected);
    });
  }

  for (const name of ['INTERNAL', 'RESOURCE_EXHAUSTED'] as const) {
    describe(`by ${name} after the welcome`, () => {
      const verdicts = (...streams: readonly (typeof SHORT)[]) =>
        streams.map((stream) => ends.verdictOn(status[name], stream));

      it('are worth two more tries in a row, and each row is a new one', () => {
        const row = ['broken', 'broken', 'not-understood'];
        expect(verdicts(SHORT, SHORT, SHORT)).to.deep.equal(row);
        expect(verdicts(SHORT, SHORT, SHORT)).to.deep.equal(row);
      });

      it('begin a new row after an answer', () => {
        verdicts(SHORT, SHORT);
        ends.boreFruit();
        expect(verdicts(SHORT, SHORT)).to.deep.equal(['broken', 'broken']);
      });

      it('begin a new row with a stream that lasted', () => {
        expect(verdicts(SHORT, SHORT, LASTING, SHORT, SHORT)).to.deep.equal([
          'broken',
          'broken',
          'broken',
          'broken',
          'not-understood',
        ]);
      });

      it('go on with the row over connections that broke', () => {
        verdicts(SHORT, SHORT);
        ends.verdictOn(status.UNAVAILABLE, LASTING);
        expect(verdicts(SHORT)).to.deep.equal(['not-understood']);
      });
    });
  }
});
