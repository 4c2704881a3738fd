/** Why: a logger that writes nowhere and remembers, so that specs read what an operator would. */
import type { LogFields, Logger, LogLevel } from '../../ports/outbound/logger.js';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface RecordedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export class RecordingLogger implements Logger {
  readonly lines: RecordedLine[] = [];
  readonly #threshold: number;

  /** @param level the least level that is recorded. */
  constructor(level: LogLevel = 'debug') {
    this.#threshold = LEVELS.indexOf(level);
  }

  get messages(): readonly string[] {
    return this.lines.map((line) => line.message);
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#record({ level: 'debug', message, fields });
  }

  info(message: string, fields: LogFields = {}): void {
    this.#record({ level: 'info', message, fields });
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#record({ level: 'warn', message, fields });
  }

  error(message: string, fields: LogFields = {}): void {
    this.#record({ level: 'error', message, fields });
  }

  isEnabled(level: LogLevel): boolean {
    return LEVELS.indexOf(level) >= this.#threshold;
  }

  #record(line: RecordedLine): void {
    if (this.isEnabled(line.level)) {
      this.lines.push(line);
    }
  }
}
