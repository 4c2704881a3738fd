import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeRequest,
  encodeRequest,
  type IpcRequest,
} from '../../../../adapters/inbound/ipc/ipc-request.js';
import type { HolderFilter } from '../../../../domain/holder-filter.js';
import { anyText } from '../../../support/some-holder.js';

const anyFilter: fc.Arbitrary<HolderFilter> = fc.record(
  {
    name: anyText,
    namePrefix: anyText,
    namePattern: anyText,
    session: anyText,
    owner: fc.record({ word: anyText, value: anyText }, { requiredKeys: ['value'] }),
  },
  { requiredKeys: [] },
);

const anyRequest: fc.Arbitrary<IpcRequest> = fc.oneof(
  fc.record({ method: fc.constant('list'), name: anyText }, { requiredKeys: ['method'] }),
  fc.record({ method: fc.constantFrom('holders', 'watch'), filter: anyFilter }),
  fc.record({ method: fc.constant('show'), name: anyText }),
  fc.record({ method: fc.constantFrom('sessions', 'stats') }),
  fc.record({ method: fc.constant('busiest'), count: fc.integer({ min: 1, max: 100 }) }),
  fc.record(
    { method: fc.constant('unlock'), name: anyText, key: anyText, says: anyText },
    { requiredKeys: ['method', 'name'] },
  ),
  fc.record(
    { method: fc.constant('unlock-all'), name: anyText, says: anyText },
    { requiredKeys: ['method', 'name'] },
  ),
  fc.record(
    { method: fc.constant('kick'), session: anyText, says: anyText },
    { requiredKeys: ['method', 'session'] },
  ),
);

/** JSON of any shape with the fields of requests in it, and text that is no JSON at all. */
const anyLine = fc.oneof(
  anyText,
  fc.json(),
  fc
    .record(
      {
        v: fc.oneof(fc.constant(1), fc.anything()),
        method: fc.oneof(
          fc.constantFrom('list', 'unlock', 'holders', 'kick', 'busiest', '__proto__', 'toString'),
          fc.anything(),
        ),
        name: fc.anything(),
        key: fc.anything(),
        session: fc.anything(),
        count: fc.anything(),
        filter: fc.oneof(fc.anything(), fc.record({ owner: fc.anything() })),
      },
      { requiredKeys: [] },
    )
    .map((value) => {
      try {
        return JSON.stringify(value);
      } catch {
        return '{}';
      }
    }),
);

describe('ipcRequest', () => {
  it('is read as it was written, on one line', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const line = encodeRequest(request);
        expect(line.indexOf('\n')).to.equal(line.length - 1);
        expect(decodeRequest(line)).to.deep.equal(request);
      }),
    );
  });

  it('does not throw, whatever is read', () => {
    fc.assert(
      fc.property(anyLine, (line) => void decodeRequest(line)),
      { numRuns: 1000 },
    );
  });

  const known =
    'this server knows list, unlock, holders, watch, show, sessions, stats, busiest, unlock-all and kick';
  const badFilter = 'takes a filter: texts and, of owners, a value and perhaps a word';
  const strange: readonly (readonly [string, string])[] = [
    ['', 'a request is one JSON object on one line'],
    ['list', 'a request is one JSON object on one line'],
    ['[]', 'a request is one JSON object on one line'],
    ['null', 'a request is one JSON object on one line'],
    ['['.repeat(100_000), 'a request is one JSON object on one line'],
    ['{}', 'unknown protocol version none: this server speaks version 1'],
    ['{"v":2,"method":"list"}', 'unknown protocol version 2: this server speaks version 1'],
    ['{"v":"1"}', 'unknown protocol version "1": this server speaks version 1'],
    ['{"v":1}', `unknown method none: ${known}`],
    ['{"v":1,"method":"lock"}', `unknown method "lock": ${known}`],
    ['{"v":1,"method":"toString"}', `unknown method "toString": ${known}`],
    ['{"v":1,"method":"list","name":3}', 'list takes a name that is a string, or none'],
    ['{"v":1,"method":"unlock"}', 'unlock takes a name, and may take a key, that are strings'],
    [
      '{"v":1,"method":"unlock","name":"a","key":null}',
      'unlock takes a name, and may take a key, that are strings',
    ],
    ['{"v":1,"method":"unlock-all"}', 'unlock-all takes a name that is a string'],
    ['{"v":1,"method":"show"}', 'show takes a name that is a string'],
    ['{"v":1,"method":"kick"}', 'kick takes a session that is a string'],
    ['{"v":1,"method":"busiest"}', 'busiest takes a count from 1 to 100'],
    ['{"v":1,"method":"busiest","count":0}', 'busiest takes a count from 1 to 100'],
    ['{"v":1,"method":"busiest","count":101}', 'busiest takes a count from 1 to 100'],
    ['{"v":1,"method":"busiest","count":1.5}', 'busiest takes a count from 1 to 100'],
    ['{"v":1,"method":"holders"}', `holders ${badFilter}`],
    ['{"v":1,"method":"watch","filter":[]}', `watch ${badFilter}`],
    ['{"v":1,"method":"holders","filter":{"session":3}}', `holders ${badFilter}`],
    ['{"v":1,"method":"holders","filter":{"owner":{"word":"a"}}}', `holders ${badFilter}`],
  ];
  for (const [line, problem] of strange) {
    it(`says what is wrong with ${line.slice(0, 60)}`, () => {
      expect(decodeRequest(line)).to.deep.equal({ kind: 'malformed', problem });
    });
  }

  it('takes a pattern of 1024 characters, and none that is longer', () => {
    const of = (length: number) =>
      decodeRequest(
        encodeRequest({ method: 'holders', filter: { namePattern: '*'.repeat(length) } }),
      );
    expect(of(1_024)).to.include({ method: 'holders' });
    expect(of(1_025)).to.include({ kind: 'malformed' });
  });

  it('repeats no more of a strange request than makes it known', () => {
    const reply = decodeRequest(JSON.stringify({ v: 1, method: 'm'.repeat(1000) }));
    expect(reply).to.have.property('problem').with.lengthOf.below(250);
  });
});
