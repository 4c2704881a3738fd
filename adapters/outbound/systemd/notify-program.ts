/**
 * Why: systemd listens on a unix socket of datagrams, which Node does not speak; the program that systemd brings for
 * that does (systemd-notify(1)).
 */
import { execFile } from 'node:child_process';

/** It waits until systemd has read what it sent: 5 s at most by itself. */
const TIMEOUT_MS = 10_000;

export interface NotifyProgram {
  /** By its name, looked for in PATH, or by its path. */
  readonly program: string;
  /** As `NOTIFY_SOCKET` has it. */
  readonly socket: string;
  readonly path: string | undefined;
}

/** `message` says what happened; `isMissing` that there is no such program. */
export class NotifyError extends Error {
  override readonly name = 'NotifyError';
  readonly isMissing: boolean;

  constructor(message: string, { cause, isMissing }: { cause: unknown; isMissing: boolean }) {
    super(message, { cause });
    this.isMissing = isMissing;
  }
}

/**
 * Sends all assignments in one datagram. The program is given no more of the environment than it needs, since that
 * may hold passwords. @param assignments of sd_notify(3), such as `READY=1`. @throws NotifyError
 */
export function notify(
  { program, socket, path }: NotifyProgram,
  assignments: readonly string[],
): Promise<void> {
  const env = { NOTIFY_SOCKET: socket, ...(path !== undefined && { PATH: path }) };
  const options = { env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 65_536 } as const;
  return new Promise((resolve, reject) => {
    execFile(program, ['--', ...assignments], options, (cause, _, stderr) => {
      if (cause === null) {
        resolve();
        return;
      }
      const isMissing = cause.code === 'ENOENT';
      const said = stderr.trim().split('\n').at(-1) || cause.message.replace(/\n.*/s, '');
      reject(new NotifyError(isMissing ? 'there is no such program' : said, { cause, isMissing }));
    });
  });
}
