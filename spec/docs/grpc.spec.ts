/** What docs/GRPC.md names is what proto/ldlm.proto has, all of it and nothing else; its program is run. */
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { flagSettings } from '../../bootstrap/settings-table.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { pageBlocks } from './console-steps.js';

const PAGE = readFileSync('docs/GRPC.md', 'utf8');
const PROTO = readFileSync('proto/ldlm.proto', 'utf8').replace(/\/\/.*$/gm, '');
const run = promisify(execFile);

/** The names and bodies of all messages, or enums. */
function definitions(kind: 'message' | 'enum'): readonly (readonly [name: string, body: string])[] {
  const form = new RegExp(`^${kind} (\\w+) \\{([^}]*)\\}`, 'gm');
  return [...PROTO.matchAll(form)].map(([, name = '', body = '']) => [name, body]);
}

/** Each field as `Message.field | number | type`. */
const FIELDS = definitions('message').flatMap(([message, body]) =>
  [...body.matchAll(/^ {2}((?:optional |repeated )?[\w<>, ]+?) (\w+) = (\d+)/gm)].map(
    ([, type, field, number]) => `${message}.${field} | ${number} | ${type}`,
  ),
);

const METHODS = [...PROTO.matchAll(/rpc (\w+)\((stream )?(\w+)\) returns \((stream )?(\w+)\)/g)];

const ERROR_CODES = new Map(
  [...(new Map(definitions('enum')).get('ErrorCode') ?? '').matchAll(/^ {2}(\w+) = (\d+);/gm)].map(
    ([, code = '', number = '']) => [code, number],
  ),
);

/** The cells of each row of a table whose first cell has that form. */
function rows(page: string, firstCell: RegExp): readonly (readonly string[])[] {
  return page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([before, first = '']) => before === '' && firstCell.test(first))
    .map((cells) => cells.slice(1, -1));
}

function fieldsIn(page: string): readonly string[] {
  return rows(page, /^`\w+\.\w+`$/).map(([field = '', number, type]) =>
    [field.replaceAll('`', ''), number, type].join(' | '),
  );
}

/** Words in code that begin with a capital and are neither the proto's nor another known service's. */
function strangersIn(page: string): readonly string[] {
  const known = new Set([
    ...[...definitions('message'), ...definitions('enum')].map(([name]) => name),
    ...METHODS.map(([, name]) => name),
    ...ERROR_CODES.keys(),
    ...FIELDS.map((field) => field.split(' | ')[0]),
  ]);
  return [...page.replace(/^```\w*\n[\s\S]*?^```$/gm, '').matchAll(/`([A-Z][\w.]*)`/g)]
    .map(([, word = '']) => word)
    .filter((word) => !known.has(word));
}

describe('docs/GRPC.md', function () {
  this.timeout(60_000);

  it('has every field of every message, with its number and type, and no other', () => {
    expect(FIELDS.length).to.be.above(60);
    expect(fieldsIn(PAGE)).to.have.members(FIELDS);
  });

  it('has every method with what it takes and gives, and no other', () => {
    const listed = rows(PAGE, /^`\w+`$/);
    expect(listed.map(([method]) => method)).to.have.members(
      METHODS.map(([, name]) => `\`${name}\``),
    );
    for (const [, name, takesStream, request, givesStream, response] of METHODS) {
      const [, asks = '', answer = ''] = listed.find(([method]) => method === `\`${name}\``) ?? [];
      expect(asks, name).to.equal(`${takesStream ? 'a stream of ' : ''}\`${request}\``);
      if (name !== 'RefreshLock') {
        expect(answer, name).to.contain(`${givesStream ? 'a stream of ' : ''}\`${response}\``);
      }
    }
  });

  it('has every error code with its number, and no other', () => {
    const listed = rows(PAGE, /^`\w+` \(\d\)$/).map(([code]) => code);
    expect(listed).to.deep.equal(
      [...ERROR_CODES].map(([code, number]) => `\`${code}\` (${number})`),
    );
  });

  it('names nothing that is not there', () => {
    expect(strangersIn(PAGE)).to.deep.equal([]);
    const flags = [...PAGE.matchAll(/`--(\w+)`/g)].map(([, flag]) => flag);
    const known = flagSettings.map(({ name }) => name);
    expect(flags.filter((flag) => !known.includes(flag as never))).to.deep.equal([]);
  });

  for (const [what, original, altered] of [
    ['another number', '`Check.key` | 3', '`Check.key` | 4'],
    ['another type', '`Claim.units` | 3 | optional', '`Claim.units` | 3 | repeated'],
    ['a field that is not there', '`Claim.units`', '`Claim.unit`'],
  ] as const) {
    it(`would be caught giving ${what}`, () => {
      const page = PAGE.replace(original, altered);
      expect(page).not.to.equal(PAGE);
      expect(fieldsIn(page)).not.to.have.members(FIELDS);
    });
  }

  it('would be caught naming a method or code that is not there', () => {
    expect(strangersIn('`Unlock`, `Relock`, `LockIsGone`')).to.deep.equal(['Relock', 'LockIsGone']);
  });

  it('has a program that prints what is shown beneath it', async () => {
    const [program, shown] = ['js', 'text'].map(
      (name) => pageBlocks(PAGE).find(({ language }) => language === name)?.text ?? '',
    );
    const folder = new SpecFolder();
    const server = await ServerProcess.start(folder);
    for (const name of ['node_modules', 'proto']) {
      symlinkSync(resolve(name), folder.file(name));
    }
    writeFileSync(
      folder.file('calls.mjs'),
      (program ?? '').replace('localhost:3144', server.address),
    );
    const { stdout } = await run(process.execPath, ['calls.mjs'], { cwd: folder.path });
    await server.end();
    folder.remove();
    expect(stdout).to.equal(shown);
  });
});
