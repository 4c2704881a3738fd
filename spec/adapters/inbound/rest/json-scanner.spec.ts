import { expect } from 'chai';
import { assert, constantFrom, json, property, string, uint8Array } from 'fast-check';
import {
  JSON_DEPTH_MAX,
  type JsonScan,
  scanFirstValue,
} from '../../../../adapters/inbound/rest/json-scanner.js';

interface Scanned {
  readonly scan: JsonScan;
  readonly strings: readonly string[];
  readonly members: readonly (readonly [string, string])[];
}

function scanned(body: string | Buffer): Scanned {
  const bytes = Buffer.from(body);
  const strings: string[] = [];
  const members: (readonly [string, string])[] = [];
  const textOf = ({ start, end }: { start: number; end: number }) =>
    bytes.toString('utf8', start, end);
  const scan = scanFirstValue(bytes, {
    onString: (span) => strings.push(textOf(span)),
    onMember: (key, value) => members.push([textOf(key), textOf(value)]),
  });
  return { scan, strings, members };
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('JsonScanner', () => {
  it('tells the members of the outermost object as they were written, and no others', () => {
    const { members } = scanned('{ "a" : 2.0 , "b":{"c":[1]},\n"d":"\\u0065", "e":null}');
    expect(members).to.deep.equal([
      ['"a"', '2.0'],
      ['"b"', '{"c":[1]}'],
      ['"d"', '"\\u0065"'],
      ['"e"', 'null'],
    ]);
  });

  it('tells no members of objects in an array', () => {
    expect(scanned('[{"a":1},{"b":2}]').members).to.deep.equal([]);
  });

  it('tells every string, at any depth, keys included', () => {
    const { strings } = scanned('{"a":["b",{"c":"d"}]}');
    expect(strings).to.deep.equal(['"a"', '"b"', '"c"', '"d"']);
  });

  it('tells where the first value stands, white space around it left out', () => {
    const { scan } = scanned('\r\n\t {"a":1} \n');
    expect(scan).to.deep.equal({ kind: 'value', span: { start: 4, end: 11 } });
  });

  for (const [body, value] of [
    ['{"a":1} {"b":', '{"a":1}'],
    ['[1,2]]', '[1,2]'],
    ['truex', 'true'],
    ['01', '0'],
    ['-1.5e+3e', '-1.5e+3'],
    ['"a""b"', '"a"'],
  ] as const) {
    it(`takes ${value} for the first value of ${body}`, () => {
      const { scan } = scanned(body);
      const { start, end } = scan.kind === 'value' ? scan.span : { start: 0, end: 0 };
      expect(body.slice(start, end)).to.equal(value);
    });
  }

  for (const body of ['', ' ', '\r\n\t ']) {
    it(`finds nothing in ${JSON.stringify(body)}`, () => {
      expect(scanned(body).scan).to.deep.equal({ kind: 'nothing' });
    });
  }

  for (const [body, message] of [
    ['{', 'unexpected EOF'],
    ['[1,', 'unexpected EOF'],
    ['"abc', 'unexpected EOF'],
    ['tru', 'unexpected EOF'],
    ['-', 'unexpected EOF'],
    ['}', "invalid character '}' looking for beginning of value"],
    ['[,1]', "invalid character ',' looking for beginning of value"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1}', "invalid character '}' after array element"],
    ['"a\nb"', "invalid character '\\x0a' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+', 'unexpected EOF'],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['falsy', "invalid character 'y' in literal false (expecting 'e')"],
    ['\u{feff}{}', "invalid character '\\xef' looking for beginning of value"],
  ] as const) {
    it(`says of ${JSON.stringify(body)}: ${message}`, () => {
      expect(scanned(body).scan).to.deep.equal({ kind: 'malformed', message });
    });
  }

  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    it(`takes ${open}…${close} nested as deep as may be, and refuses one level more`, () => {
      const nested = (depth: number) => `${open.repeat(depth)}0${close.repeat(depth)}`;
      expect(scanned(nested(JSON_DEPTH_MAX)).scan.kind).to.equal('value');
      expect(scanned(nested(JSON_DEPTH_MAX + 1)).scan).to.deep.equal({
        kind: 'malformed',
        message: 'nested more than 100 levels deep',
      });
    });
  }

  it('refuses a million brackets without running out of stack', () => {
    expect(scanned('['.repeat(1_000_000)).scan.kind).to.equal('malformed');
  });

  it('finds whatever JSON.stringify writes, whole', () => {
    assert(
      property(json(), (text) => {
        const length = Buffer.byteLength(text);
        expect(scanned(text).scan).to.deep.equal({
          kind: 'value',
          span: { start: 0, end: length },
        });
      }),
    );
  });

  it('takes for a value only what JSON.parse reads', () => {
    const almostJson = string({ unit: constantFrom(...'{}[],:"\\eu0123.-+truefalsn \n') });
    assert(
      property(almostJson, (text) => {
        const { scan } = scanned(text);
        if (scan.kind === 'value') {
          const value = Buffer.from(text).toString('utf8', scan.span.start, scan.span.end);
          expect(isWhole(value), value).to.equal(true);
        } else {
          expect(isWhole(text), text).to.equal(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('ends for any bytes with a value, nothing or a complaint', () => {
    assert(
      property(uint8Array({ maxLength: 64 }), (bytes) => {
        expect(['value', 'nothing', 'malformed']).to.include(scanned(Buffer.from(bytes)).scan.kind);
      }),
    );
  });
});
