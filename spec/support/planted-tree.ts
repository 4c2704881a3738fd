/** A small project of planted files, under the house's own tools and settings, for a rule to be seen to fail. */
import { exec } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

const houseFiles = [
  '.dependency-cruiser.mjs',
  '.gitignore',
  '.mocharc.json',
  'biome.json',
  'domain/tsconfig.json',
  'eslint.config.js',
  'knip.json',
  'package.json',
  'tsconfig.json',
];

/** How long a hook may take that runs tools, on a machine that does much else. */
export const TOOL_TIMEOUT_MS = 120_000;

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class PlantedTree {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'ldlm-house-')));

  /** @param files what each file holds, by its path. */
  constructor(files: Readonly<Record<string, string>>) {
    for (const file of houseFiles) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      copyFileSync(file, join(this.folder, file));
    }
    symlinkSync(resolve('node_modules'), join(this.folder, 'node_modules'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      writeFileSync(join(this.folder, file), text);
    }
  }

  /**
   * Runs a script of package.json in the tree, with more arguments.
   * @param part which of the commands that `&&` joins.
   */
  run(script: string, part: number, more = ''): Promise<Ran> {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    return this.runCommand(`${scripts[script]?.split(' && ')[part]} ${more}`);
  }

  runCommand(command: string): Promise<Ran> {
    const PATH = `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`;
    const options = { cwd: this.folder, env: { ...process.env, PATH }, maxBuffer: 1 << 26 };
    return new Promise((settle) => {
      const child = exec(command, options, (_, stdout, stderr) => {
        settle({ status: child.exitCode, stdout, stderr });
      });
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
