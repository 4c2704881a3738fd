/**
 * Shows what the specs covered, from the V8 figures that their processes left in `coverage/raw`, and
 * fails where the lines covered fall below the house's bounds.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Report } from 'c8';
import ts from 'typescript';

interface Lines {
  readonly total: number;
  readonly covered: number;
}

const rooms = ['domain', 'ports', 'adapters', 'bootstrap'];

const bounds = [
  { what: 'domain/', rooms: ['domain'], percent: 95 },
  { what: `all of ${rooms.join(', ')}`, rooms, percent: 85 },
];

/** Types and re-exports leave nothing to run: V8 never hears of them, and c8 would call them missed. */
function holdsCode(file: string): boolean {
  const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
  });
  const { statements } = ts.createSourceFile(file, outputText, ts.ScriptTarget.ES2023);
  return !statements.every(
    (statement) => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement),
  );
}

function codelessFiles(): readonly string[] {
  return rooms
    .flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
    )
    .filter((file) => file.endsWith('.ts') && !holdsCode(file));
}

async function lineCounts(): Promise<ReadonlyMap<string, Lines>> {
  const codeless = codelessFiles();
  await new Report({
    tempDirectory: 'coverage/raw',
    reportsDirectory: 'coverage',
    reporter: ['text', 'json-summary'],
    // A server that ran from dist/ counts as well, through its source maps.
    include: rooms.flatMap((room) => [`${room}/**`, `dist/${room}/**`]),
    exclude: [
      '**/*.d.ts',
      // It runs in browsers, which tell Node nothing of what they ran.
      ...['', 'dist/'].map((root) => `${root}adapters/inbound/console/page/**`),
      ...codeless,
      ...codeless.map((file) => `dist/${file.replace(/ts$/, 'js')}`),
    ],
    extension: ['.ts', '.js'],
    excludeAfterRemap: false,
    excludeNodeModules: true,
    omitRelative: true,
    allowExternal: false,
    all: true,
    src: [process.cwd()],
    resolve: '',
    wrapperLength: 0,
    skipFull: false,
  }).run();
  const summary = JSON.parse(readFileSync('coverage/coverage-summary.json', 'utf8')) as Record<
    string,
    { readonly lines: Lines }
  >;
  return new Map(
    Object.entries(summary).map(([file, { lines }]) => [relative(process.cwd(), file), lines]),
  );
}

const counts = await lineCounts();
for (const bound of bounds) {
  let total = 0;
  let covered = 0;
  for (const [file, lines] of counts) {
    if (bound.rooms.some((room) => file.startsWith(`${room}/`))) {
      total += lines.total;
      covered += lines.covered;
    }
  }
  const percent = total === 0 ? 0 : (100 * covered) / total;
  const isMet = percent >= bound.percent;
  console.log(
    `Lines covered of ${bound.what}: ${percent.toFixed(2)} % ` +
      `(${isMet ? 'met' : 'MISSED'}: at least ${bound.percent} %)`,
  );
  if (!isMet) {
    process.exitCode = 1;
  }
}
