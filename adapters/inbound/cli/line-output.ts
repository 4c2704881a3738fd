/** Why: output of any length goes out as it is read, and a reader that leaves is no failure. */
import type { Writable } from 'node:stream';

/** Text gathered before it is written. */
const CHUNK_CHARACTERS = 64 * 1024;

export type Lines = Iterable<string> | AsyncIterable<string>;

/** The output's reader has gone. */
class ReaderGone extends Error {}

/**
 * Writes each line and a line feed. Ends quietly when the reader goes, as `head` does. Rejects as the lines do, after
 * what came before is written. @returns whether there is somebody still who reads.
 */
export async function writeLines(stream: Writable, lines: Lines): Promise<boolean> {
  let text = '';
  try {
    try {
      for await (const line of lines) {
        text += `${line}\n`;
        if (text.length >= CHUNK_CHARACTERS) {
          const chunk = text;
          text = '';
          await write(stream, chunk);
        }
      }
    } finally {
      if (text !== '') {
        await write(stream, text);
      }
    }
    return true;
  } catch (error) {
    if (error instanceof ReaderGone) {
      return false;
    }
    throw error;
  }
}

async function write(stream: Writable, text: string): Promise<void> {
  try {
    await written(stream, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === 'EPIPE'
      ? new ReaderGone()
      : new Error(`cannot write the output (${message})`, { cause: error });
  }
}

function written(stream: Writable, text: string): Promise<void> {
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
