/** Why: a password in a file stays out of the process list, of shell histories and of the environment. */
import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { getSystemErrorMap } from 'node:util';

/** As many bytes as the longest password may take. */
const BYTES_MAX = 16_384;
const LENGTH_MAX = 4_096;

/** `message` is one line that names the file and what to do, and shows nothing of what it holds. */
export class PasswordFileError extends Error {
  override readonly name = 'PasswordFileError';

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`password file ${file} ${reason}`, options);
  }
}

/**
 * @returns what the file holds, without one line end at its end, and without the mark (U+FEFF) that some
 * editors put before UTF-8. @throws PasswordFileError
 */
export async function readPasswordFile(file: string): Promise<string> {
  const bytes = await bytesOf(file);
  if (!isUtf8(bytes)) {
    throw new PasswordFileError(file, 'is not text; write the password as UTF-8');
  }
  const password = bytes.toString('utf8').replace(/^\ufeff|\r?\n$/g, '');
  if (password === '') {
    throw new PasswordFileError(file, 'is empty; write the password into it');
  }
  if (password.length > LENGTH_MAX || /[\0\r\n]/.test(password)) {
    throw new PasswordFileError(file, `must hold one line of 1 to ${LENGTH_MAX} characters`);
  }
  return password;
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await buffer(createReadStream(file, { end: BYTES_MAX + 1 }));
  } catch (cause) {
    const { errno, message } = cause as NodeJS.ErrnoException;
    const [, reason] = getSystemErrorMap().get(errno ?? 0) ?? [];
    throw new PasswordFileError(file, `cannot be read: ${reason ?? message}`, { cause });
  }
}
