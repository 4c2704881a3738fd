import { expect } from 'chai';
import { didYouMean } from '../../../../adapters/inbound/cli/nearest-name.js';

const names = ['listen_address', 'rest_listen_address', 'log_level', 'shards', 'tls_key', 'list'];

describe('didYouMean', () => {
  const misspelt: readonly (readonly [text: string, name: string])[] = [
    ['listen-address', 'listen_address'],
    ['LISTEN_ADDRESS', 'listen_address'],
    ['listenAddress', 'listen_address'],
    ['listen_adress', 'listen_address'],
    ['rest-listen-adress', 'rest_listen_address'],
    ['log_levels', 'log_level'],
    ['logg_leven', 'log_level'],
    ['shard', 'shards'],
    ['tlskey', 'tls_key'],
    ['lsit', 'list'],
    ['ilst', 'list'],
    ['log_leevl', 'log_level'],
  ];
  for (const [text, name] of misspelt) {
    it(`takes ${text} for ${name}`, () => {
      expect(didYouMean(text, names)).to.equal(`; did you mean ${name}?`);
    });
  }

  for (const text of [
    '',
    'nope',
    'sha',
    'tils',
    'sitl',
    'log',
    'address',
    '鍵',
    'x'.repeat(100_000),
  ]) {
    it(`guesses nothing from ${JSON.stringify(text.slice(0, 20))}`, () => {
      expect(didYouMean(text, names)).to.equal('');
    });
  }

  it('guesses nothing when there are no names', () => {
    expect(didYouMean('shards', [])).to.equal('');
  });
});
