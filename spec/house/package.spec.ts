/** Holds the package to what it promises those who install it: its programs, its doors, and nothing beside. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

interface PackageJson {
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Targets | ByKind | null>>;
}

/** Types come first: compilers take the first that fits. */
interface Targets {
  readonly types: string;
  readonly default: string;
}

/** A door that modules and CommonJS programs have each their own way through. */
interface ByKind {
  readonly import: Targets;
  readonly require: Targets;
}

const { bin, exports } = JSON.parse(readFileSync('package.json', 'utf8')) as PackageJson;

const shipped =
  /^(?:CHANGELOG\.md|LICENSE|README\.md|package\.json|dist\/(?:(?:cjs\/)?(?:client|proto)|adapters|bootstrap|domain|ports|spec)\/.+(?:\.js|\.d\.ts|\.proto)|dist\/adapters\/inbound\/console\/page\/console\.(?:html|css)|dist\/adapters\/inbound\/console\/page\/icon\.svg|dist\/cjs\/package\.json)$/;

/** What `npm pack` would put in, of the build that `npm test` begins with. */
function packedFiles(): readonly string[] {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [packed] = JSON.parse(execFileSync('npm', pack, { encoding: 'utf8', stdio: 'pipe' }));
  return packed.files.map(({ path }: { readonly path: string }) => path);
}

describe('The package', () => {
  let files: readonly string[];

  before(() => {
    files = packedFiles();
  });

  it('holds what runs, its types, the wire and the papers, and nothing else', () => {
    expect(files.filter((file) => !shipped.test(file))).to.deep.equal([]);
    expect(files).to.include.members(['LICENSE', 'README.md', 'dist/proto/ldlm.proto']);
  });

  it('holds the files that the console’s page is made of', () => {
    const page = 'adapters/inbound/console/page';
    const made = readdirSync(page).filter((name) => name !== 'tsconfig.json');
    expect(files).to.include.members(made.map((name) => `dist/${page}/${name}`));
  });

  for (const [program, file] of Object.entries(bin)) {
    it(`brings the program ${program}, which says that Node runs it`, () => {
      expect(files).to.include(file);
      expect(readFileSync(file, 'utf8')).to.match(/^#!\/usr\/bin\/env node\n/);
    });
  }

  for (const [door, targets] of Object.entries(exports)) {
    if (targets !== null && typeof targets !== 'string' && !door.includes('*')) {
      it(`opens ldlm${door.slice(1)} to programs, and its types to compilers`, async () => {
        const packed = files.map((file) => `./${file}`);
        for (const kind of 'import' in targets ? [targets.import, targets.require] : [targets]) {
          expect(Object.keys(kind)).to.deep.equal(['types', 'default']);
          expect(packed).to.include.members(Object.values(kind));
        }
        expect(await import(`ldlm${door.slice(1)}`)).to.not.equal(undefined);
      });
    }
  }

  it('opens each adapter under its path', async () => {
    const door = 'ldlm/adapters/outbound/memory/memory-state-store';
    expect(await import(door)).to.have.property('MemoryStateStore');
  });
});
