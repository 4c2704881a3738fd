/** What the server needs to tell its operator. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Fields of a line beside its message. Values are JSON; never a whole key or password (see `domain/disclosure.ts`). */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writing never throws and never waits; below the level that is set it costs next to nothing. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether a line of that level would be written: ask before building costly fields. */
  isEnabled(level: LogLevel): boolean;
}
