/**
 * Why: a live view takes the whole terminal, and gives it back as it was however it ends. Plain ANSI: ECMA-48, and the
 * alternate screen of xterm, which all of today's terminals have.
 */
import type { EventEmitter } from 'node:events';
import { displayWidth } from './display-width.js';

export interface TerminalParts {
  readonly stdout: {
    readonly columns?: number;
    readonly rows?: number;
    write(text: string): unknown;
  };
  readonly stdin: EventEmitter & {
    setRawMode?(isRaw: boolean): unknown;
    resume(): unknown;
    pause(): unknown;
  };
  /** Of the process. */
  readonly signals: EventEmitter;
}

/** What asks a program to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C as a terminal in raw mode gives it. */
const INTERRUPT = '\u0003';

const ALTERNATE_SCREEN = { on: '\u001b[?1049h', off: '\u001b[?1049l' };
const CURSOR = { hidden: '\u001b[?25l', shown: '\u001b[?25h' };
const HOME = '\u001b[H';
const CLEAR_TO_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/** Of a terminal that does not say. */
const SIZE = { columns: 80, rows: 24 };

/** Taken → restored. */
export class TerminalScreen {
  readonly #parts: TerminalParts;
  readonly #leaving = new AbortController();
  #isRestored = false;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    const { stdin, stdout, signals } = parts;
    stdout.write(`${ALTERNATE_SCREEN.on}${CURSOR.hidden}`);
    stdin.setRawMode?.(true);
    stdin.on('data', this.#read);
    stdin.on('end', this.#leave);
    stdin.resume();
    for (const signal of SIGNALS) {
      signals.on(signal, this.#leave);
    }
  }

  /** Aborted when somebody has pressed q or Ctrl-C, or the program is asked to end. */
  get isLeft(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Puts lines in the place of those before, as much of them as there is room for. */
  draw(lines: readonly string[]): void {
    const { columns = SIZE.columns, rows = SIZE.rows } = this.#parts.stdout;
    const shown = lines.slice(0, rows).map((line) => `${cutTo(columns, line)}${CLEAR_TO_LINE_END}`);
    this.#parts.stdout.write(`${HOME}${shown.join('\r\n')}${CLEAR_BELOW}`);
  }

  restore(): void {
    if (this.#isRestored) {
      return;
    }
    this.#isRestored = true;
    const { stdin, stdout, signals } = this.#parts;
    for (const signal of SIGNALS) {
      signals.off(signal, this.#leave);
    }
    stdin.off('data', this.#read);
    stdin.off('end', this.#leave);
    stdin.setRawMode?.(false);
    stdin.pause();
    stdout.write(`${CURSOR.shown}${ALTERNATE_SCREEN.off}`);
  }

  readonly #read = (chunk: Buffer | string): void => {
    if ([...String(chunk)].some((key) => key === 'q' || key === 'Q' || key === INTERRUPT)) {
      this.#leave();
    }
  };

  readonly #leave = (): void => this.#leaving.abort();
}

/** The beginning of a line that has room in so many cells. */
function cutTo(columns: number, line: string): string {
  if (displayWidth(line) <= columns) {
    return line;
  }
  let cut = '';
  let width = 0;
  for (const character of line) {
    width += displayWidth(character);
    if (width > columns) {
      return cut;
    }
    cut += character;
  }
  return cut;
}
