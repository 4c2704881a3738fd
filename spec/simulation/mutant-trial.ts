/** Why: a planted fault is tried in a copy of the sources, so that nothing of it can stay behind. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transpiledPath } from '../support/source-program.js';
import { transpiled, transpiledCopy } from '../support/transpiled-copy.js';
import type { Failover } from './failover-course.js';
import type { Edit, Mutant } from './mutant-list.js';

const SOURCES = [
  'domain',
  'ports',
  'adapters',
  'bootstrap',
  'client',
  'proto',
  'spec/support',
  'spec/simulation',
  'bench/program-on-path.ts',
  'package.json',
];

/** A fault that makes the simulation go on for ever is not found by it. */
const TRIAL_MS_MAX = 240_000;

export interface SeedsToTry {
  readonly seedsMax: number;
  /** The one that found the fault when last looked for; none unless given. */
  readonly first?: number | undefined;
}

/** How a planted fault was found: by which seed, and what was seen. */
export interface Finding {
  readonly seed: number;
  readonly violation: string;
}

/** All copies are made of this one. */
let faultless: string | undefined;

/** A copy of the sources, as JavaScript, in a folder of its own, with the fault. */
export class MutantCopy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ldlm-mutant-'));

  constructor({ edits }: Pick<Mutant, 'edits'> | { readonly edits: readonly Edit[] }) {
    faultless ??= transpiledCopy(SOURCES);
    cpSync(faultless, this.#folder, { recursive: true });
    symlinkSync(resolve('node_modules'), join(this.#folder, 'node_modules'));
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const text = texts.get(edit.file) ?? readFileSync(edit.file, 'utf8');
      texts.set(edit.file, edited(text, edit));
    }
    for (const [file, text] of texts) {
      writeFileSync(join(this.#folder, transpiledPath(file)), transpiled(text));
    }
  }

  /**
   * Runs seeds until one fails: the one to be tried first, then those from 1 on.
   * @returns undefined when none does.
   */
  findFault(seeds: SeedsToTry): Promise<Finding | undefined> {
    return this.#try('mutant-process.js', seeds);
  }

  /**
   * Has several servers on an etcd of their own, whose leaders fall so, on one course after another.
   * @returns undefined when nothing is wrong with any.
   */
  findFaultOf(trial: {
    readonly failovers: readonly Failover[];
    readonly courses: number;
  }): Promise<Finding | undefined> {
    return this.#try('failover-mutant-process.js', trial);
  }

  async #try(program: string, given: unknown): Promise<Finding | undefined> {
    const child = spawn(
      process.execPath,
      [join('spec/simulation', program), JSON.stringify(given)],
      { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: TRIAL_MS_MAX },
    );
    const output = { out: '', error: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      output.out += String(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output.error += String(chunk);
    });
    const how = await new Promise((done) => {
      child.on('close', (code, signal) => done(signal ?? code));
    });
    if (how !== 0) {
      throw new Error(`the simulation ended by ${how}, which finds nothing: ${output.error}`);
    }
    return (JSON.parse(output.out) as Finding | undefined) ?? undefined;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** @throws Error unless the text has what is to be replaced exactly once: the list has gone out of date otherwise. */
export function edited(text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} times: ${find}`);
  }
  return parts.join(replace);
}
