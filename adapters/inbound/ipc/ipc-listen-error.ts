/** Why: how a local door can fail to open: programs read the code, operators the message. */

export type IpcListenErrorCode =
  /** Empty, holding a zero byte, or longer than a socket's path may be. */
  | 'path-invalid'
  | 'folder-missing'
  | 'no-permission'
  /** Something answers on that socket. */
  | 'in-use'
  /** Something else is at that path; it was left alone. */
  | 'not-a-socket'
  /** Anything else that the machine says; see `cause`. */
  | 'failed';

/** `message` is one line that names the path and what to do next. */
export class IpcListenError extends Error {
  override readonly name = 'IpcListenError';
  readonly code: IpcListenErrorCode;

  constructor(code: IpcListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
