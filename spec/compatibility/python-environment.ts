/**
 * Python programs that specs drive, ready to run: made by the machine's own Python the first time, in
 * a folder that git ignores, and found there from then on.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** The last of those that say RefreshLock, and the last of all. */
export const RELEASES = ['1.0.0', '1.1.3'] as const;
export type Release = (typeof RELEASES)[number];

/** What an environment consists of. Nothing is installed but what is listed. */
export interface PythonPackages {
  readonly name: string;
  /** The oldest Python that takes them. */
  readonly python: string;
  readonly libraries: readonly string[];
  /** Of one package, of which a program can import one alone: each has a folder of its own. */
  readonly releases: readonly string[];
}

/** The clients import no more; the google-api-python-client that they declare too is never used. */
const PY_LDLM: PythonPackages = {
  name: 'py-ldlm',
  python: '3.10',
  libraries: ['grpcio==1.85.1', 'protobuf==6.33.6', 'typing-extensions==4.15.0'],
  releases: RELEASES,
};

const PIP_INSTALL = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--disable-pip-version-check',
  '--no-deps',
  '--only-binary=:all:',
];

export class PythonEnvironmentError extends Error {
  override readonly name = 'PythonEnvironmentError';
}

export class PythonEnvironment {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Finds the environment that this machine's Python and the versions above ask for, or makes it.
   * @throws PythonEnvironmentError that says what to install.
   */
  static async open(
    options: {
      readonly packages?: PythonPackages;
      readonly python?: string;
      readonly cache?: string;
    } = {},
  ): Promise<PythonEnvironment> {
    const { packages = PY_LDLM, python = 'python3', cache = join(CACHE, packages.name) } = options;
    const identity = await identityOf(packages, python);
    const wanted = JSON.stringify([identity, packages.libraries, packages.releases]);
    const folder = join(cache, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
    if (!existsSync(folder)) {
      await make(packages, { folder, python });
    }
    return new PythonEnvironment(folder);
  }

  /** The Python that imports its libraries. */
  get program(): string {
    return programIn(this.#folder);
  }

  /** What runs a program that imports that release. */
  command(release: Release): {
    readonly program: string;
    readonly environment: Readonly<NodeJS.ProcessEnv>;
  } {
    return {
      program: this.program,
      environment: { ...process.env, PYTHONPATH: releaseIn(this.#folder, release) },
    };
  }
}

/** Version and place: what a Python made that was replaced since is not to be found. */
async function identityOf(packages: PythonPackages, python: string): Promise<string> {
  try {
    const { stdout } = await run(python, ['-c', 'import sys; print(sys.version, sys.base_prefix)']);
    return stdout;
  } catch (cause) {
    throw missing(packages, cause);
  }
}

/** Under another name until it is complete, so that one found is whole, whoever else makes it. */
async function make(
  packages: PythonPackages,
  { folder, python }: { readonly folder: string; readonly python: string },
): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}.`);
  try {
    await run(python, ['-m', 'venv', draft]).catch((cause: unknown) => {
      throw missing(packages, cause);
    });
    await install(draft, packages.libraries);
    for (const release of packages.releases) {
      const what = `${packages.name}==${release}`;
      await install(draft, [what, '--target', releaseIn(draft, release)]);
    }
    keep(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Whoever makes the same at the same time may be done first. */
function keep(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) {
      throw error;
    }
  }
}

async function install(folder: string, what: readonly string[]): Promise<void> {
  try {
    await run(programIn(folder), [...PIP_INSTALL, ...what]);
  } catch (cause) {
    throw new PythonEnvironmentError(
      `pip could not install ${what[0]}; see that it reaches its package index, and run again:\n` +
        (cause as Error).message,
      { cause },
    );
  }
}

function missing({ name, python }: PythonPackages, cause: unknown): PythonEnvironmentError {
  return new PythonEnvironmentError(
    `${name} needs Python ${python} or later with its venv module: ` +
      'install it (Debian: apt-get install python3-venv)',
    { cause },
  );
}

function programIn(folder: string): string {
  return join(folder, 'bin', 'python');
}

function releaseIn(folder: string, release: string): string {
  return join(folder, 'releases', release);
}
