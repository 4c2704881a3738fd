/** Why: below Node, a path too long for a socket is cut short in silence; both ends look first. */

/** The room for a path in the kernel's `sockaddr_un`, less the closing zero. */
const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/** What keeps `path` from naming a socket, to follow it in a sentence, if anything does. */
export function socketPathProblem(path: string): string | undefined {
  if (path === '') {
    return 'is empty';
  }
  if (path.includes('\0')) {
    return 'holds a zero byte';
  }
  const bytes = Buffer.byteLength(path);
  if (process.platform !== 'win32' && bytes > SOCKET_PATH_BYTES_MAX) {
    return `is ${bytes} bytes long; the path of a socket may have ${SOCKET_PATH_BYTES_MAX}`;
  }
  return undefined;
}
