/** Why: a start from a journal, and its yardstick: the same file read and parsed, and no more. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { startServer } from 'ldlm';
import { answerParent } from './child-program.js';
import { silentLogger } from './silent-logger.js';

export interface StartTrial {
  readonly file: string;
  readonly how: 'start' | 'parse';
}

answerParent(({ file, how }: StartTrial) => ({
  seconds: async () => {
    const startedAt = performance.now();
    await (how === 'start' ? startFrom(file) : parse(file));
    return (performance.now() - startedAt) / 1000;
  },
}));

/** Until it listens. */
async function startFrom(stateFile: string): Promise<void> {
  await startServer({
    settings: { stateFile, listenAddress: { host: '127.0.0.1', port: 0 } },
    parts: { logger: silentLogger },
  });
}

async function parse(file: string): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    JSON.parse(line);
  }
}
