/** Servers that misbehave by plan, for the judges that only a process of its own can have. */
import { startServer } from '../../bootstrap/compose.js';
import type { StartServer } from './fuzzed-server.js';
import { ipcServerTarget } from './ipc-server-target.js';
import { pure, REFUSED, TAKEN, type Target } from './target.js';

/** A server that does something of its own when it has had something to say so often. */
function misbehaving(misbehave: (saidCount: number) => void): StartServer {
  return (options) =>
    startServer({
      ...options,
      parts: { ...options.parts, logger: noticing(options.parts?.logger, misbehave) },
    });
}

type Parts = NonNullable<Parameters<StartServer>[0]['parts']>;
type Logger = NonNullable<Parts['logger']>;

/** Each request that is refused is noted there. */
function noticing(logger: Logger | undefined, misbehave: (saidCount: number) => void): Logger {
  let saidCount = 0;
  return {
    debug: () => {
      saidCount += 1;
      misbehave(saidCount);
    },
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields) => logger?.error(message, fields),
    isEnabled: () => true,
  };
}

const kept: Buffer[] = [];
const lost: Promise<never>[] = [];

export const PLANTED_TARGETS: Readonly<Record<string, Target>> = {
  'throws-beside': ipcServerTarget(
    misbehaving((count) => {
      if (count === 20) {
        setImmediate(() => {
          throw new TypeError('planted');
        });
      }
    }),
  ),
  'rejects-unheard': ipcServerTarget(
    misbehaving((count) => {
      if (count === 20) {
        lost.push(Promise.reject(new Error('planted rejection')));
      }
    }),
  ),
  'keeps-memory': {
    what: 'what keeps 40 KiB of each input',
    share: 0,
    open: pure(() => {
      kept.push(Buffer.alloc(40_960, 1));
      return TAKEN;
    }),
  },
  exits: { what: 'what ends its process', share: 0, open: pure(() => process.exit(0)) },
  hangs: {
    what: 'what never comes to an end with one input',
    share: 0,
    open: pure((random) => {
      while (random.below(2) < 2) {
        // For ever.
      }
      return REFUSED;
    }),
  },
};
