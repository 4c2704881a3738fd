import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { TerminalScreen } from '../../../../adapters/inbound/cli/terminal-screen.js';

/** A terminal as far as a screen looks at it. */
class StubTerminal extends EventEmitter {
  readonly signals = new EventEmitter();
  columns = 10;
  rows = 3;
  written = '';
  isRaw = false;
  isPaused = true;

  write(text: string): void {
    this.written += text;
  }

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }

  resume(): void {
    this.isPaused = false;
  }

  pause(): void {
    this.isPaused = true;
  }
}

describe('TerminalScreen', () => {
  let terminal: StubTerminal;
  let screen: TerminalScreen;

  beforeEach(() => {
    terminal = new StubTerminal();
    screen = new TerminalScreen({
      stdout: terminal,
      stdin: terminal,
      signals: terminal.signals,
    });
  });

  it('takes the terminal: another screen, no cursor, each key as it is pressed', () => {
    expect(terminal.written).to.equal('\u001b[?1049h\u001b[?25l');
    expect(terminal).to.include({ isRaw: true, isPaused: false });
  });

  it('gives it back as it was, once', () => {
    terminal.written = '';
    screen.restore();
    screen.restore();
    expect(terminal.written).to.equal('\u001b[?25h\u001b[?1049l');
    expect(terminal).to.include({ isRaw: false, isPaused: true });
    expect(terminal.signals.eventNames()).to.deep.equal([]);
    expect(terminal.eventNames()).to.deep.equal([]);
  });

  it('draws over what was there, as much as there is room for', () => {
    terminal.written = '';
    screen.draw(['12345678901', '鍵鍵鍵鍵鍵鍵', 'c', 'd']);
    expect(terminal.written).to.equal(
      '\u001b[H1234567890\u001b[K\r\n鍵鍵鍵鍵鍵\u001b[K\r\nc\u001b[K\u001b[J',
    );
  });

  const ways: readonly (readonly [string, () => void])[] = [
    ['q is pressed', () => terminal.emit('data', Buffer.from('q'))],
    ['Q is pressed among others', () => terminal.emit('data', 'xQ')],
    ['Ctrl-C is pressed', () => terminal.emit('data', Buffer.from([3]))],
    ['nobody is left to press anything', () => terminal.emit('end')],
    ['it is interrupted', () => terminal.signals.emit('SIGINT')],
    ['it is told to end', () => terminal.signals.emit('SIGTERM')],
    ['its terminal is closed', () => terminal.signals.emit('SIGHUP')],
  ];
  for (const [what, act] of ways) {
    it(`is left when ${what}`, () => {
      expect(screen.isLeft.aborted).to.equal(false);
      act();
      expect(screen.isLeft.aborted).to.equal(true);
    });
  }

  it('is not left when another key is pressed', () => {
    terminal.emit('data', 'x');
    expect(screen.isLeft.aborted).to.equal(false);
  });
});
