/**
 * A journal on a disk that fails as the spec decides, and stores on it, each in a process of its
 * own.
 */
import {
  JournalStateStore,
  type JournalStateStoreOptions,
} from '../../adapters/outbound/journal/journal-state-store.js';
import type { RecoveredState } from '../../ports/outbound/state-store.js';
import { CrashingFileSystem, type DiskOperation, type Verdict } from './crashing-file-system.js';
import { RecordingLogger } from './recording-logger.js';

export const JOURNAL = '/data/state';
export const DRAFT = `${JOURNAL}.compact`;

type StoreOptions = Partial<Omit<JournalStateStoreOptions, 'file' | 'fileSystem' | 'logger'>>;

export class JournalWorld {
  readonly logger = new RecordingLogger();
  /** Everything that was asked of the disk. */
  readonly operations: DiskOperation[] = [];
  /** May be changed at any time. */
  decide: (operation: DiskOperation) => Verdict | Promise<Verdict> = () => undefined;
  readonly disk = new CrashingFileSystem({
    sectorLength: 16,
    decide: (operation) => {
      this.operations.push(operation);
      return this.decide(operation);
    },
  });
  readonly #options: StoreOptions;

  constructor(options: StoreOptions = {}) {
    this.#options = options;
  }

  newStore(): JournalStateStore {
    return new JournalStateStore({
      file: JOURNAL,
      logger: this.logger,
      fileSystem: this.disk.start(),
      ...this.#options,
    });
  }

  async open(): Promise<JournalStateStore> {
    const store = this.newStore();
    await store.open();
    return store;
  }

  /** What a start finds; the store is closed again. */
  async recover(): Promise<RecoveredState> {
    const store = this.newStore();
    const recovered = await store.open();
    await store.close();
    return recovered;
  }

  /**
   * Resolves when an operation that matches is asked for, after `interrupt`, and before it is done.
   */
  interruptAt(
    matches: (operation: DiskOperation) => boolean,
    interrupt: () => void,
  ): Promise<void> {
    return new Promise((resolve) => {
      this.decide = (operation) => {
        if (matches(operation)) {
          this.decide = () => undefined;
          interrupt();
          resolve();
        }
        return undefined;
      };
    });
  }

  /**
   * Holds the next operation that matches until `goOn`; all others go well.
   * `reached` resolves when it is asked for.
   */
  hold(matches: (operation: DiskOperation) => boolean): {
    readonly reached: Promise<void>;
    goOn(): void;
  } {
    let goOn = (): void => {};
    const isLetGo = new Promise<Verdict>((resolve) => {
      goOn = () => resolve(undefined);
    });
    const reached = new Promise<void>((resolve) => {
      this.decide = (operation) => {
        if (!matches(operation)) return undefined;
        this.decide = () => undefined;
        resolve();
        return isLetGo;
      };
    });
    return { reached, goOn };
  }

  /** The lines of the journal as they stand, with their ends. */
  lines(): readonly string[] {
    return this.disk
      .bytesOf(JOURNAL)
      .toString()
      .split(/(?<=\n)/);
  }

  /** What was logged at a level. */
  logged(level: string): readonly string[] {
    return this.logger.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}

/** Decides for the operations that match, once or always, and lets all others go well. */
export function deciding(
  verdict: Verdict,
  matches: (operation: DiskOperation) => boolean,
): (operation: DiskOperation) => Verdict {
  return (operation) => (matches(operation) ? verdict : undefined);
}
