import { expect } from 'chai';
import {
  assert,
  constantFrom,
  integer,
  json,
  option,
  property,
  record,
  string,
  uint8Array,
} from 'fast-check';
import { readMessage } from '../../../../adapters/inbound/rest/request-message.js';

const FIELDS = { name: 'string', size: 'int32', lock_timeout_seconds: 'int32' } as const;

function read(body: string | Buffer): ReturnType<typeof readMessage<typeof FIELDS>> {
  return readMessage(Buffer.from(body), FIELDS);
}

function reasonOf(body: string | Buffer): string {
  const reading = read(body);
  return reading.kind === 'malformed' ? reading.reason : 'none';
}

describe('readMessage', () => {
  it('reads each field by either spelling', () => {
    const snake = '{"name":"a","size":2,"lock_timeout_seconds":3}';
    const message = { name: 'a', size: 2, lock_timeout_seconds: 3 };
    expect(read(snake)).to.deep.equal({ kind: 'message', message });
    const camel = snake.replace('lock_timeout_seconds', 'lockTimeoutSeconds');
    expect(read(camel)).to.deep.equal({ kind: 'message', message });
  });

  it('reads a key whose letters are escaped', () => {
    expect(read('{"n\\u0061me":"a"}')).to.deep.equal({ kind: 'message', message: { name: 'a' } });
  });

  for (const body of [
    '',
    ' \n',
    '{}',
    '{"name":null,"size":null}',
    '{"Name":"a","NAME":"b","locktimeoutseconds":[1]}',
    '{"__proto__":{"name":"a"},"constructor":1}',
    `{"${'n'.repeat(300)}":1}`,
  ]) {
    it(`takes nothing from ${JSON.stringify(body).slice(0, 60)}`, () => {
      expect(read(body)).to.deep.equal({ kind: 'message', message: {} });
    });
  }

  for (const [sent, number] of [
    ['2', 2],
    ['"2"', 2],
    ['2.0', 2],
    ['2e0', 2],
    ['20e-1', 2],
    ['0.2E+1', 2],
    ['"2.0"', 2],
    ['"\\u0032"', 2],
    ['-3', -3],
    ['0', 0],
    ['-0', 0],
    ['0.000', 0],
    ['0e99', 0],
    ['2147483647', 2_147_483_647],
    ['-2147483648', -2_147_483_648],
    ['2.147483647e9', 2_147_483_647],
  ] as const) {
    it(`reads the size ${sent} as ${number}`, () => {
      expect(read(`{"size":${sent}}`)).to.deep.equal({
        kind: 'message',
        message: { size: number },
      });
    });
  }

  for (const sent of [
    '1.5',
    '2147483648',
    '-2147483649',
    '1e10',
    '1e400',
    '1e-400',
    '2.0000000000000000000001',
    '0.9999999999999999999999',
    '""',
    '" 2"',
    '"2 "',
    '"+2"',
    '"0x2"',
    '"02"',
    '"abc"',
    '"Infinity"',
    'true',
  ]) {
    it(`refuses the size ${sent}, and shows it`, () => {
      expect(reasonOf(`{"size":${sent}}`)).to.equal(
        `proto: (line 1:9): invalid value for int32 field size: ${sent}`,
      );
    });
  }

  for (const [sent, shown] of [
    ['{"a":1}', '{'],
    ['[1]', '['],
    ['5', '5'],
    ['false', 'false'],
    [`${'7'.repeat(100)}`, `${'7'.repeat(64)}…`],
  ] as const) {
    it(`refuses the name ${sent.slice(0, 10)}, and shows no more of it than ${shown.length} characters`, () => {
      expect(reasonOf(`{"name":${sent}}`)).to.equal(
        `proto: (line 1:9): invalid value for string field name: ${shown}`,
      );
    });
  }

  it('names a field in its error by its camelCase name', () => {
    expect(reasonOf('{"lock_timeout_seconds":"x"}')).to.equal(
      'proto: (line 1:25): invalid value for int32 field lockTimeoutSeconds: "x"',
    );
  });

  it('refuses a number of a million digits in no time that grows with their square', () => {
    expect(reasonOf(`{"size":0.${'0'.repeat(1_000_000)}1}`)).to.match(/: 0\.0+…$/);
  });

  it('refuses a field that comes twice, null or not, in whatever spelling', () => {
    expect(reasonOf('{"name":null,"name":"a"}')).to.equal(
      'proto: (line 1:14): duplicate field "name"',
    );
    expect(reasonOf('{"lockTimeoutSeconds":1,\n "lock_timeout_seconds":1}')).to.equal(
      'proto: (line 2:2): duplicate field "lock_timeout_seconds"',
    );
  });

  it('does not mind an unknown field that comes twice', () => {
    expect(read('{"x":1,"x":2}').kind).to.equal('message');
  });

  it('counts columns in characters, not in bytes', () => {
    expect(reasonOf('{"鍵🔒":0,"name":5}')).to.equal(
      'proto: (line 1:16): invalid value for string field name: 5',
    );
  });

  it('tells what is wrong first of several things', () => {
    expect(reasonOf('{"name":5,"size":"x"}')).to.match(/field name: 5$/);
  });

  it('tells of broken syntax rather than of a field before it', () => {
    expect(reasonOf('{"name":5,')).to.equal('unexpected EOF');
  });

  for (const [title, body, column] of [
    ['a name', '{"name":"\xff"}', 9],
    ['a key', '{"\xff":1}', 2],
    ['an unknown field', '{"x":["\xc3"]}', 7],
  ] as const) {
    it(`refuses ${title} that is not UTF-8`, () => {
      expect(reasonOf(Buffer.from(body, 'latin1'))).to.equal(
        `proto: syntax error (line 1:${column}): invalid UTF-8 in string`,
      );
    });
  }

  it('does not look at bytes after the first value', () => {
    expect(read(Buffer.from('{"name":"a"}\xff', 'latin1')).kind).to.equal('message');
  });

  for (const half of ['\\ud800', '\\udc00', '\\udc00\\ud800']) {
    it(`refuses the name ${half}, of which UTF-8 has no form`, () => {
      expect(reasonOf(`{"name":"${half}"}`)).to.contain('invalid value for string field name');
    });
  }

  it('joins the halves of an escaped pair', () => {
    expect(read('{"name":"\\ud83d\\udd12"}')).to.deep.equal({
      kind: 'message',
      message: { name: '🔒' },
    });
  });

  it('reads back what JSON.stringify writes of a message', () => {
    const int32 = integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    const message = record(
      { name: string({ unit: 'binary' }), size: int32, lock_timeout_seconds: int32 },
      { requiredKeys: [] },
    );
    assert(
      property(message, option(json()), (sent, unknown) => {
        const members = Object.entries(sent).map(
          ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
        );
        const all = unknown === null ? members : [...members, `"unknown":${unknown}`];
        // A copy without the prototype-less object that fast-check may make.
        expect(read(`{${all.join(',')}}`)).to.deep.equal({ kind: 'message', message: { ...sent } });
      }),
    );
  });

  it('answers any JSON for a field with its value or a reason', () => {
    assert(
      property(constantFrom('name', 'size', 'lockTimeoutSeconds'), json(), (name, value) => {
        const reading = read(`{"${name}":${value}}`);
        if (reading.kind === 'message') {
          const sent: unknown = JSON.parse(value);
          const [taken] = Object.values(reading.message);
          expect(taken).to.equal(sent === null ? undefined : name === 'name' ? sent : Number(sent));
        } else {
          expect(reading.reason).to.match(/^(?:proto: .*\(line 1:\d+\): |nested more than )/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throws, whatever the bytes', () => {
    assert(
      property(uint8Array({ maxLength: 64 }), (bytes) => {
        expect(['message', 'malformed']).to.include(read(Buffer.from(bytes)).kind);
      }),
    );
  });
});
