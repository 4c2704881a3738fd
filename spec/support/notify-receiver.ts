/** What listens where NOTIFY_SOCKET leads, as systemd does: Python, since Node knows no unix sockets of datagrams. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ProcessLines } from './process-lines.js';

/** A line a datagram. What comes beside the bytes, the end of a pipe for which systemd-notify waits, is closed unseen. */
const PROGRAM = `
import json, os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(json.dumps(receiver.recv(65536).decode().split("\\n")), flush=True)
`;

export class NotifyReceiver {
  readonly socket: string;
  readonly #child: ChildProcess;
  readonly #lines: ProcessLines;
  readonly #closed: Promise<unknown>;

  private constructor(socket: string) {
    this.socket = socket;
    this.#child = spawn('python3', ['-c', PROGRAM, socket], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    this.#lines = new ProcessLines(this.#child, [this.#child.stdout, this.#child.stderr]);
  }

  static async start(socket: string): Promise<NotifyReceiver> {
    const receiver = new NotifyReceiver(socket);
    await receiver.#lines.until(/^listening$/);
    return receiver;
  }

  /** How many lines there are by now, to wait for what comes after them. */
  get lineCount(): number {
    return this.#lines.lines.length;
  }

  /** Every message so far, but for those by which systemd-notify asks whether it was read. */
  get messages(): readonly (readonly string[])[] {
    return this.#lines.lines
      .filter((line) => line.startsWith('[') && !line.includes('"BARRIER=1"'))
      .map((line) => JSON.parse(line) as string[]);
  }

  /** Waits for a message that has this assignment, past so many lines. */
  async received(assignment: string, from = 0): Promise<readonly string[]> {
    const text = JSON.stringify(assignment).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const [line] = await this.#lines.until(new RegExp(`^.*${text}.*$`), from);
    return JSON.parse(line) as string[];
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
