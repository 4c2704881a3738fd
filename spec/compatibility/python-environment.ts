/**
 * The released Python clients, ready to run: made by the machine's own Python the first time, in a
 * folder that git ignores, and found there from then on.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/py-ldlm', import.meta.url));

/** The last of those that say RefreshLock, and the last of all. */
export const RELEASES = ['1.0.0', '1.1.3'] as const;
export type Release = (typeof RELEASES)[number];

/** What the clients import. The google-api-python-client that they declare too is never used. */
const LIBRARIES = ['grpcio==1.85.1', 'protobuf==6.33.6', 'typing-extensions==4.15.0'];

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
    options: { readonly python?: string; readonly cache?: string } = {},
  ): Promise<PythonEnvironment> {
    const { python = 'python3', cache = CACHE } = options;
    const identity = await identityOf(python);
    const wanted = JSON.stringify([identity, LIBRARIES, RELEASES]);
    const folder = join(cache, createHash('sha256').update(wanted).digest('hex').slice(0, 16));
    if (!existsSync(folder)) {
      await make(folder, python);
    }
    return new PythonEnvironment(folder);
  }

  /** What runs a program that imports that release. */
  command(release: Release): {
    readonly program: string;
    readonly environment: Readonly<NodeJS.ProcessEnv>;
  } {
    return {
      program: programIn(this.#folder),
      environment: { ...process.env, PYTHONPATH: releaseIn(this.#folder, release) },
    };
  }
}

/** Version and place: what a Python made that was replaced since is not to be found. */
async function identityOf(python: string): Promise<string> {
  try {
    const { stdout } = await run(python, ['-c', 'import sys; print(sys.version, sys.base_prefix)']);
    return stdout;
  } catch (cause) {
    throw missing(cause);
  }
}

/** Under another name until it is complete, so that one found is whole, whoever else makes it. */
async function make(folder: string, python: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}.`);
  try {
    await run(python, ['-m', 'venv', draft]).catch((cause: unknown) => {
      throw missing(cause);
    });
    await install(draft, LIBRARIES);
    for (const release of RELEASES) {
      await install(draft, [`py-ldlm==${release}`, '--target', releaseIn(draft, release)]);
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

function missing(cause: unknown): PythonEnvironmentError {
  return new PythonEnvironmentError(
    'The Python client needs Python 3.10 or later with its venv module: ' +
      'install it (Debian: apt-get install python3-venv)',
    { cause },
  );
}

function programIn(folder: string): string {
  return join(folder, 'bin', 'python');
}

function releaseIn(folder: string, release: Release): string {
  return join(folder, 'releases', release);
}
