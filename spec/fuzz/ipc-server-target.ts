/** The local door with whatever lines: each connection is answered in words that its client knows. */
import { decodeReply } from '../../adapters/inbound/ipc/ipc-reply.js';
import { converse } from './conversation.js';
import { FuzzedServer, type StartServer } from './fuzzed-server.js';
import { IPC_REQUESTS } from './ipc-lines-target.js';
import { JSON_TOKENS } from './json-target.js';
import { Mutator } from './mutator.js';
import { faulty, REFUSED, type Subject, TAKEN, type Target } from './target.js';

/** What no answer ends with. */
const PARTS: ReadonlySet<string> = new Set(['malformed', 'holders', 'waiters', 'sessions', 'lock']);

export function ipcServerTarget(start?: StartServer): Target {
  const mutator = new Mutator({ seeds: IPC_REQUESTS, tokens: [...JSON_TOKENS, '\n', '\r\n'] });
  return {
    what: 'IPC lines, at the socket',
    share: 10_000,
    open: async (): Promise<Subject> => {
      const server = await FuzzedServer.start(start);
      return {
        attempt: async (random) => {
          const said = mutator.make(random);
          const to = { path: server.ipcSocketFile };
          const heard = await converse({ to, said, isAllSaid: true });
          const lines = heard.bytes.toString().split('\n').slice(0, -1);
          const last = decodeReply(lines.at(-1) ?? '');
          if (PARTS.has(last.kind)) {
            return faulty(`it was answered ${JSON.stringify(heard.bytes.toString())}`, said);
          }
          return last.kind === 'error' ? REFUSED : TAKEN;
        },
        check: () => server.check(),
        close: () => server.close(),
      };
    },
  };
}
