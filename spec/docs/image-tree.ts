/**
 * What the steps of the Dockerfile leave behind, carried out in a folder of this machine: each stage in a folder that
 * stands for its root. Absent from an engine's own are the base image, the change of owner, and the download of packages,
 * in whose place those of this project are linked.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DockerfileStep } from './dockerfile-steps.js';

const INSTALL = 'npm ci --ignore-scripts';
/** The places of an image that its steps name. */
const PLACES = /(?<=^|[\s=])\/(?=(?:build|package|opt|usr|var|run)\b)/g;

export class ImageTree {
  readonly #folder: string;
  readonly #context: ReadonlySet<string>;
  readonly #stages = new Map<string, string>();
  #root = '';
  #workdir = '/';

  /** @param context what .dockerignore lets through. */
  constructor({ folder, context }: { folder: string; context: readonly string[] }) {
    this.#folder = folder;
    this.#context = new Set(context);
    // Only root may give files away.
    mkdirSync(join(folder, 'stubs'), { recursive: true });
    writeFileSync(join(folder, 'stubs', 'chown'), '#!/bin/sh\nexit 0\n');
    chmodSync(join(folder, 'stubs', 'chown'), 0o755);
  }

  /** Of the last stage. */
  get root(): string {
    return this.#root;
  }

  /** Where what is told as a place in the image is here. */
  here(text: string): string {
    return text.replace(PLACES, `${this.#root}/`);
  }

  /** The environment of whatever runs in it. */
  environment(variables: Readonly<Record<string, string>> = {}): Record<string, string> {
    const path = [join(this.#folder, 'stubs'), join(this.#root, 'usr/local/bin'), process.env.PATH];
    return { PATH: path.join(':'), HOME: this.#folder, ...variables };
  }

  /** @throws Error with what the step has printed when it fails. */
  carryOut({ instruction, text }: DockerfileStep): void {
    if (instruction === 'FROM') {
      this.#begin(text);
    } else if (instruction === 'WORKDIR') {
      this.#workdir = text;
      mkdirSync(join(this.#root, text), { recursive: true });
    } else if (instruction === 'COPY') {
      this.#copy(text.split(/\s+/));
    } else if (instruction === 'RUN') {
      this.#run(text);
    }
    // The others say how the image is run.
  }

  #begin(text: string): void {
    const name = / AS (\w+)$/.exec(text)?.[1] ?? 'image';
    this.#root = join(this.#folder, name);
    this.#workdir = '/';
    this.#stages.set(name, this.#root);
    // What an image of Debian has.
    mkdirSync(join(this.#root, 'usr/local/bin'), { recursive: true });
  }

  #copy(words: readonly string[]): void {
    const [, stage] = /^--from=(.*)$/.exec(words[0] ?? '') ?? [];
    const sources = words.slice(stage === undefined ? 0 : 1, -1);
    const target = join(this.#root, resolve(this.#workdir, words.at(-1) ?? ''));
    for (const source of sources) {
      const path = stage === undefined ? this.#fromContext(source) : this.#fromStage(stage, source);
      const isInto = words.at(-1) === './';
      mkdirSync(dirname(target), { recursive: true });
      cpSync(path, isInto ? join(target, source) : target, {
        recursive: true,
        verbatimSymlinks: true,
      });
    }
  }

  #fromContext(source: string): string {
    if (!this.#context.has(source)) {
      throw new Error(`.dockerignore keeps ${source} from the Dockerfile`);
    }
    return source;
  }

  #fromStage(stage: string, source: string): string {
    const root = this.#stages.get(stage);
    if (root === undefined || !existsSync(join(root, source))) {
      throw new Error(`there is no ${source} in the stage ${stage}`);
    }
    return join(root, source);
  }

  #run(text: string): void {
    const installed = resolve('node_modules');
    // npm writes that one file anew, in place: it must be no link.
    const link =
      `{ cp -al '${installed}' . 2>/dev/null || cp -a '${installed}' .; } && rm -rf node_modules/.cache ` +
      `&& cp --remove-destination '${installed}/.package-lock.json' node_modules/`;
    const command = text === INSTALL ? link : this.here(text);
    execFileSync('sh', ['-ec', command], {
      cwd: join(this.#root, this.#workdir),
      env: this.environment(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}
