import { expect } from 'chai';
import {
  decodeLeader,
  encodeLeader,
  leaderInWords,
} from '../../../../adapters/outbound/etcd/leader-record.js';
import type { LeaderDescription } from '../../../../ports/outbound/election.js';

const LEADER: LeaderDescription = {
  id: 'a-1',
  host: 'box-3',
  pid: 4711,
  grpcAddress: 'box-3:3144',
  version: '1.2.3',
};

describe('a leader’s record', () => {
  for (const [what, leader] of [
    ['of a leader without REST', LEADER],
    ['of one with REST', { ...LEADER, restAddress: 'box-3:8080' }],
    ['with names beyond ASCII', { ...LEADER, host: 'kärntnerstraße' }],
  ] as const) {
    it(`${what} is read as it was written`, () => {
      expect(decodeLeader(encodeLeader(leader))).to.deep.equal(leader);
    });
  }

  it('names to people where the leader is, and which process', () => {
    expect(leaderInWords(LEADER)).to.equal('the server at box-3:3144 (process 4711 on box-3)');
  });

  const UNKNOWN = { id: '?', host: '?', pid: Number.NaN, grpcAddress: '?', version: '?' };
  for (const [what, text, expected] of [
    ['nothing', '', UNKNOWN],
    ['no JSON', 'leader', UNKNOWN],
    ['JSON that is cut', '{"id":"a', UNKNOWN],
    ['null', 'null', UNKNOWN],
    ['a number', '7', UNKNOWN],
    ['a list', '[{"id":"a"}]', UNKNOWN],
    ['other words', '{"name":"a"}', UNKNOWN],
    ['words of other types', '{"id":1,"host":null,"pid":"x","restAddress":7}', UNKNOWN],
    ['some of the words', '{"id":"a","pid":3}', { ...UNKNOWN, id: 'a', pid: 3 }],
  ] as const) {
    it(`is of somebody unknown, as far as it is unknown, where ${what} stands`, () => {
      expect(decodeLeader(Buffer.from(text))).to.deep.equal(expected);
    });
  }

  it('says so in words where it does not tell who leads', () => {
    expect(leaderInWords(decodeLeader(Buffer.from('?')))).to.equal(
      'a server that it does not name',
    );
  });
});
