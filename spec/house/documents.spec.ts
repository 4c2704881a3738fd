/** Tables in docs/ and the code they speak of: neither has what the other has not. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { projectFiles } from '../support/project-files.js';

function read(file: string): string {
  return readFileSync(file, 'utf8');
}

/** The first cell of each row of a page's tables, without its code quotes. */
function firstCells(page: string): readonly string[] {
  return [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, cell = '']) => cell);
}

/** What a heading is called in a link (as GitHub does it). */
function headings(page: string): readonly string[] {
  return [...page.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(
    ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
  );
}

const pages = ['docs', 'docs/adr']
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => file.endsWith('.md'))
  .concat('README.md', 'CHANGELOG.md', 'examples/README.md');

describe('The documents', () => {
  it('name every refusal and every failure of a store, and no other, in ERRORS.md', () => {
    const sources = read('domain/refusal.ts') + read('ports/outbound/state-store.ts');
    const codes = [...sources.matchAll(/^ {2}\| '([a-z-]+)'/gm)];
    const documented = firstCells(read('docs/ERRORS.md')).filter((cell) => /^[a-z-]+$/.test(cell));
    expect(documented).to.have.members(codes.map(([, code = '']) => code));
  });

  it('name every error code of the wire in ERRORS.md', () => {
    const errors = read('docs/ERRORS.md');
    const proto = read('proto/ldlm.proto');
    const [errorCodes, refusals] = ['ErrorCode', 'Refusal'].map((name) => {
      const [, body = ''] = new RegExp(`^enum ${name} \\{([^}]*)`, 'm').exec(proto) ?? [];
      return [...body.matchAll(/^ {2}(?:REFUSAL_)?(\w+) = (\d+);$/gm)].map(
        ([, code = '', value = '']) => `${code} (${value})`,
      );
    });
    expect([errorCodes?.length, refusals?.length]).to.deep.equal([8, 18]);
    expect(
      errorCodes?.map((code) => code.split(' ')[0] ?? '').filter((name) => !errors.includes(name)),
    ).to.deep.equal([]);
    expect(refusals?.slice(1).filter((code) => !errors.includes(code))).to.deep.equal([]);
  });

  it('name every span and attribute that is LDLM’s own, and no other, in TRACING.md', () => {
    const sources = ['adapters/outbound/tracing', 'client']
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((file) => file.endsWith('.ts'))
      .map(read);
    const told = sources.flatMap((text) =>
      [...text.matchAll(/'(ldlm(?:\.[a-z_]+)+)'/g)].map(([, name = '']) => name),
    );
    const documented = firstCells(read('docs/TRACING.md')).filter((cell) => /^ldlm\./.test(cell));
    expect(documented).to.have.members([...new Set(told)]);
  });

  it('define the words of the house in GLOSSARY.md', () => {
    const glossary = read('docs/GLOSSARY.md');
    const words = ['lock', 'size', 'slot', 'lease', 'fencing token', 'holder', 'waiter', 'session'];
    const verbs = [
      'acquire',
      'grant',
      'renew',
      'release',
      'revoke',
      'expire',
      'withdraw',
      'recover',
    ];
    const missing = [...words, ...verbs].filter((word) => !glossary.includes(`| **${word}** |`));
    expect(missing).to.deep.equal([]);
  });

  it('point only to files that are there', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map(([, link = '']) => join(dirname(page), link))
        .filter((link) => !existsSync(link))
        .map((link) => `${page}: ${link}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('point only to headings that are there', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)]
        .map(([, file = '', heading = '']) => [
          file === '' ? page : join(dirname(page), file),
          heading,
        ])
        .filter(([file = '', heading = '']) => !headings(read(file)).includes(heading))
        .map(([file, heading]) => `${page}: ${file}#${heading}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('name only specs that are there in TESTING.md and TRACK-RECORD.md', () => {
    const named = ['docs/TESTING.md', 'docs/TRACK-RECORD.md']
      .flatMap((page) => [...read(page).matchAll(/`(spec\/[^`]+)`/g)])
      .map(([, path = '']) => path);
    expect(named).not.to.deep.equal([]);
    expect(named.filter((path) => !existsSync(path))).to.deep.equal([]);
  });

  it('name every port, every adapter and no file that is not there in ARCHITECTURE.md', () => {
    const page = read('docs/ARCHITECTURE.md');
    const [drawing = ''] = /^```\n[^`]*^```/m.exec(page) ?? [];
    const folders = ['inbound', 'outbound'].flatMap((side) => [
      ...readdirSync(join('adapters', side)).filter((name) => name !== 'cli'),
      // Drawn in two lines.
      ...readdirSync(join('ports', side)).map((name) => name.replace(/\.ts$|-store\.ts$/, '')),
    ]);
    expect(folders.filter((name) => !drawing.includes(name))).to.deep.equal([]);
    const files = projectFiles();
    const named = [...page.matchAll(/`([a-z/-]+\.(?:ts|proto))`/g)].map(([, file = '']) => file);
    expect(named.length).to.be.above(40);
    expect(
      named.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`))),
    ).to.deep.equal([]);
  });

  it('lead from README.md or the map to every page', () => {
    const maps = read('README.md') + read('docs/README.md');
    const pages = readdirSync('docs').filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    );
    expect(pages.filter((name) => !maps.includes(`${name})`))).to.deep.equal([]);
  });

  it('number the decisions without gaps', () => {
    const numbers = readdirSync('docs/adr')
      .map((name) => Number(name.slice(0, 4)))
      .sort();
    expect(numbers).to.deep.equal(numbers.map((_, index) => index + 1));
  });
});
