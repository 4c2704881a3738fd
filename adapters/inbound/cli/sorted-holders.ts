/**
 * Why: a list is shown by name and then by fencing token, however long it is, in memory that is bounded: what is too much is
 * sorted in runs, which wait in files until they are merged.
 */
import { type FileHandle, mkdtemp, open, rmdir, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { HolderDescription } from '../../../domain/descriptions.js';
import { FOREVER } from '../../../domain/instant.js';
import { visibleJson } from './visible-text.js';

export interface SortedHoldersLimits {
  /** Held in memory before they go to a file. */
  readonly heldMax: number;
  /** The characters of their names, keys and words, at most. */
  readonly charactersMax: number;
  /** Files that are open at once; when there are more, they are merged into one. */
  readonly runsMax: number;
}

const LIMITS: SortedHoldersLimits = {
  heldMax: 50_000,
  charactersMax: 16 * 1024 * 1024,
  runsMax: 64,
};

/** Filling → read, any number of times → closed. */
export class SortedHolders implements AsyncIterable<HolderDescription> {
  readonly #limits: SortedHoldersLimits;
  #held: HolderDescription[] = [];
  #heldCharacters = 0;
  #runs: FileHandle[] = [];
  count = 0;

  constructor(limits: SortedHoldersLimits = LIMITS) {
    this.#limits = limits;
  }

  async add(holders: readonly HolderDescription[]): Promise<void> {
    for (const holder of holders) {
      this.#held.push(holder);
      this.#heldCharacters += charactersOf(holder);
      this.count += 1;
      if (
        this.#held.length >= this.#limits.heldMax ||
        this.#heldCharacters >= this.#limits.charactersMax
      ) {
        await this.#spill();
      }
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<HolderDescription, void, undefined> {
    this.#held.sort(byNameThenToken);
    yield* this.#runs.length === 0
      ? this.#held
      : merged([...this.#runs.map(readRun), fromMemory(this.#held)]);
  }

  /** Lets go of the files, which have no names any more. */
  async close(): Promise<void> {
    const runs = this.#runs;
    this.#runs = [];
    await Promise.all(runs.map((run) => run.close()));
  }

  async #spill(): Promise<void> {
    this.#held.sort(byNameThenToken);
    this.#runs.push(await writeRun(fromMemory(this.#held)));
    this.#held = [];
    this.#heldCharacters = 0;
    if (this.#runs.length > this.#limits.runsMax) {
      const runs = this.#runs;
      this.#runs = [await writeRun(merged(runs.map(readRun)))];
      await Promise.all(runs.map((run) => run.close()));
    }
  }
}

/** By UTF-16 code units: the same order on every machine. */
function byNameThenToken(one: HolderDescription, other: HolderDescription): number {
  if (one.name !== other.name) {
    return one.name < other.name ? -1 : 1;
  }
  return one.fencingToken - other.fencingToken;
}

async function* merged(
  runs: readonly AsyncIterator<HolderDescription>[],
): AsyncGenerator<HolderDescription, void, undefined> {
  const heads: { run: AsyncIterator<HolderDescription>; holder: HolderDescription }[] = [];
  for (const run of runs) {
    const first = await run.next();
    if (!first.done) {
      heads.push({ run, holder: first.value });
    }
  }
  while (heads.length > 0) {
    const least = heads.reduce((one, other) =>
      byNameThenToken(other.holder, one.holder) < 0 ? other : one,
    );
    yield least.holder;
    const next = await least.run.next();
    if (next.done) {
      heads.splice(heads.indexOf(least), 1);
    } else {
      least.holder = next.value;
    }
  }
}

async function* fromMemory(
  holders: readonly HolderDescription[],
): AsyncGenerator<HolderDescription, void, undefined> {
  yield* holders;
}

/** The file is the owner's alone, and gone by itself when the process is: keys of locks are in it. */
async function writeRun(holders: AsyncIterable<HolderDescription>): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'ldlm-lock-'));
  const path = join(folder, 'run');
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  await rmdir(folder);
  let text = '';
  for await (const holder of holders) {
    text += `${visibleJson(holder)}\n`;
    if (text.length >= 64 * 1024) {
      await file.appendFile(text);
      text = '';
    }
  }
  await file.appendFile(text);
  return file;
}

async function* readRun(file: FileHandle): AsyncGenerator<HolderDescription, void, undefined> {
  const input = file.createReadStream({ start: 0, autoClose: false });
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const holder = JSON.parse(line) as HolderDescription & { expiresAt: number | null };
    yield {
      ...holder,
      expiresAt: holder.expiresAt ?? FOREVER,
      sessionId: holder.sessionId,
      session: holder.session,
      owner: holder.owner,
    };
  }
}

function charactersOf({ name, key, sessionId, session, owner }: HolderDescription): number {
  const texts = [name, key, sessionId ?? '', session ?? '', ...Object.entries(owner ?? {}).flat()];
  return texts.reduce((sum, { length }) => sum + length, 0);
}
