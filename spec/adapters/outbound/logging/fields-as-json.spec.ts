import { expect } from 'chai';
import { fieldsAsJson } from '../../../../adapters/outbound/logging/fields-as-json.js';
import type { LogFields } from '../../../../ports/outbound/logger.js';

const UNWRITABLE = '[cannot be written as JSON]';

function circle(): object {
  const link: { to?: object } = {};
  link.to = link;
  return link;
}

function written(fields: LogFields, withStacks = false): unknown {
  return JSON.parse(`{${fieldsAsJson(fields, withStacks)}}`);
}

describe('fieldsAsJson', () => {
  it('writes the members in their order, without braces', () => {
    expect(fieldsAsJson({ b: 1, a: ['x', null] }, false)).to.equal('"b":1,"a":["x",null]');
  });

  it('writes nothing for no fields', () => {
    expect(fieldsAsJson({}, false)).to.equal('');
  });

  for (const name of ['time', 'level', 'msg']) {
    it(`writes a field named ${name} under another name`, () => {
      expect(written({ [name]: 1 })).to.deep.equal({ [`${name}_`]: 1 });
    });
  }

  const unusual: readonly (readonly [what: string, value: unknown, json: object])[] = [
    ['a circle', circle(), { field: UNWRITABLE }],
    ['a bigint', { token: 9_007_199_254_740_993n }, { field: { token: '9007199254740993' } }],
    ['infinity', Number.POSITIVE_INFINITY, { field: null }],
    ['undefined', undefined, {}],
    ['a function', () => 1, {}],
    ['a value whose form fails', { toJSON: () => expect.fail() }, { field: UNWRITABLE }],
  ];
  for (const [what, field, json] of unusual) {
    it(`writes the other fields around ${what}`, () => {
      expect(written({ before: 1, field, after: 2 })).to.deep.equal({
        before: 1,
        ...json,
        after: 2,
      });
    });
  }

  it('writes the other fields around one that cannot be read', () => {
    const fields = {
      get broken(): never {
        throw new Error('unreadable');
      },
      after: 2,
    };

    expect(written(fields)).to.deep.equal({ broken: UNWRITABLE, after: 2 });
  });

  it('writes nothing of fields that cannot be listed', () => {
    expect(fieldsAsJson(new Proxy({}, { ownKeys: () => expect.fail() }), false)).to.equal('');
  });

  it('writes an error as message, code and cause', () => {
    const cause = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const error = new Error('the journal cannot be written', { cause });

    expect(written({ error })).to.deep.equal({
      error: {
        message: 'the journal cannot be written',
        cause: { message: 'no space left', code: 'ENOSPC' },
      },
    });
  });

  it('writes the stack of an error if wanted', () => {
    const error = new Error('broken');

    expect(written({ error }, true)).to.deep.equal({
      error: { message: 'broken', stack: error.stack },
    });
  });
});
