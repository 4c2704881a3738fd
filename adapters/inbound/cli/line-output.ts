/** Why: output of any length goes out as it is read, and a reader that leaves is no failure. */
import type { Writable } from 'node:stream';

/** Text gathered before it is written. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Writes each line and a line feed. Ends quietly when the reader goes, as `head` does. */
export async function writeLines(stream: Writable, lines: Iterable<string>): Promise<void> {
  try {
    let text = '';
    for (const line of lines) {
      text += `${line}\n`;
      if (text.length >= CHUNK_CHARACTERS) {
        await write(stream, text);
        text = '';
      }
    }
    await write(stream, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EPIPE') {
      throw new Error(`cannot write the output (${message})`, { cause: error });
    }
  }
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // A failure is told twice, and the event would end the process if nobody listened. It stays
    // listened to after a failure, since it comes after the callback.
    stream.once('error', reject);
    stream.write(text, (error) => {
      if (error) {
        reject(error);
        return;
      }
      stream.off('error', reject);
      resolve();
    });
  });
}
