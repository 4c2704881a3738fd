/** Why: tells the operator, in the JSON lines that readers of LDLM's logs are used to. */
import type { Writable } from 'node:stream';
import Bunyan from 'bunyan';
import type { LogFields, Logger, LogLevel } from '../../../ports/outbound/logger.js';
import { fieldsAsJson } from './fields-as-json.js';

/** A reader that falls behind by more than this loses lines: a log must not fill the memory. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

const bunyanLevels: { readonly [Level in LogLevel]: number } = {
  debug: Bunyan.DEBUG,
  info: Bunyan.INFO,
  warn: Bunyan.WARN,
  error: Bunyan.ERROR,
};

export interface BunyanLoggerOptions {
  /** Lines below it are not written. */
  readonly level: LogLevel;
  /** Where lines go: `process.stderr`, as a rule. Its errors are swallowed; who is there to tell? */
  readonly output: Writable;
}

/** What bunyan hands to a raw stream, as far as it is used here. */
interface BunyanRecord {
  readonly time: Date;
  readonly level: number;
  readonly msg: string;
  readonly fields: LogFields | undefined;
}

/**
 * A line is `{"time":"…","level":"WARN","msg":"…", …fields}`, always in that order. A field that
 * would take the place of one of those three is written with `_` behind its name.
 */
export class BunyanLogger implements Logger {
  readonly #bunyan: Bunyan;
  readonly #levelMin: number;
  readonly #output: Writable;
  readonly #withStacks: boolean;
  #lostLineCount = 0;

  constructor({ level, output }: BunyanLoggerOptions) {
    this.#levelMin = bunyanLevels[level];
    this.#output = output;
    this.#withStacks = level === 'debug';
    this.#bunyan = Bunyan.createLogger({
      name: 'ldlm',
      streams: [
        {
          type: 'raw',
          level: this.#levelMin,
          stream: { write: (record: object) => this.#write(record as BunyanRecord) },
        },
      ],
    });
    // Many servers in one process may share an output; one listener is enough for all.
    if (!output.listeners('error').includes(swallow)) {
      output.on('error', swallow);
    }
  }

  // The fields travel as one, so that bunyan takes none of them for its own.
  debug(message: string, fields?: LogFields): void {
    this.#bunyan.debug({ fields }, message);
  }

  info(message: string, fields?: LogFields): void {
    this.#bunyan.info({ fields }, message);
  }

  warn(message: string, fields?: LogFields): void {
    this.#bunyan.warn({ fields }, message);
  }

  error(message: string, fields?: LogFields): void {
    this.#bunyan.error({ fields }, message);
  }

  isEnabled(level: LogLevel): boolean {
    return bunyanLevels[level] >= this.#levelMin;
  }

  #write({ time, level, msg, fields }: BunyanRecord): void {
    if (this.#output.writableLength > UNREAD_BYTES_MAX) {
      this.#lostLineCount += 1;
      return;
    }
    if (this.#lostLineCount > 0) {
      const lost = { lines: this.#lostLineCount };
      this.#lostLineCount = 0;
      this.#writeLine(time, Bunyan.WARN, 'Log lines were lost: their reader fell behind', lost);
    }
    this.#writeLine(time, level, msg, fields);
  }

  #writeLine(time: Date, level: number, msg: string, fields: LogFields | undefined): void {
    const levelName = Bunyan.nameFromLevel[level]?.toUpperCase();
    const head = JSON.stringify({ time, level: levelName, msg });
    const tail = fields === undefined ? '' : fieldsAsJson(fields, this.#withStacks);
    try {
      this.#output.write(tail === '' ? `${head}\n` : `${head.slice(0, -1)},${tail}}\n`);
    } catch {
      // A stream that throws is as closed as one that says so by an event.
    }
  }
}

function swallow(): void {}
