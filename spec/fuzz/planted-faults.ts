/** Subjects with a fault each, for the judges that need no process of their own: all of these have to be found. */
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { readMessage } from '../../adapters/inbound/rest/request-message.js';
import { parseCommandLine } from '../../bootstrap/command-line.js';
import { type RunningServer, startServer } from '../../bootstrap/compose.js';
import { readConfigFile } from '../../bootstrap/config-file.js';
import type { StateStore } from '../../ports/outbound/state-store.js';
import { commandLineTarget } from './command-line-target.js';
import { configFileTarget } from './config-file-target.js';
import type { StartServer } from './fuzzed-server.js';
import { grpcMessagesTarget } from './grpc-messages-target.js';
import { ipcLinesTarget, REWRITES } from './ipc-lines-target.js';
import { ipcServerTarget } from './ipc-server-target.js';
import { journalTarget } from './journal-target.js';
import { jsonTarget } from './json-target.js';
import { CODECS, type Codec, protobufTarget } from './protobuf-target.js';
import { restRequestsTarget } from './rest-requests-target.js';
import { TAKEN, type Target } from './target.js';

export interface PlantedFault {
  /** In the words of a spec's title. */
  readonly fault: string;
  readonly target: Target;
  readonly inputCount: number;
  readonly found: RegExp;
}

const [clientFrames] = CODECS as readonly [Codec];

const DECODERS: readonly PlantedFault[] = [
  {
    fault: 'a decoder that throws a TypeError at some bytes',
    target: protobufTarget([{ ...clientFrames, decode: (bytes) => throwingDecode(bytes) }]),
    inputCount: 2_000,
    found: /decodeClientFrame: it threw TypeError: planted; the input in hex: [0-9a-f]+/,
  },
  {
    fault: 'an encoder that leaves something out',
    target: protobufTarget([
      {
        ...clientFrames,
        encode: (value: object) => clientFrames.encode({ ...value, withdrawals: [] } as never),
      },
    ]),
    inputCount: 2_000,
    found: /another thing of what was encoded again/,
  },
  {
    fault: 'a reader of IPC lines that throws',
    target: ipcLinesTarget([(line) => JSON.stringify(JSON.parse(line))]),
    inputCount: 200,
    found: /SyntaxError/,
  },
  {
    fault: 'a reader of IPC lines that does not know its own words',
    target: ipcLinesTarget(
      REWRITES.map((rewrite) => (line) => rewrite(line)?.replace('"list"', '"lost"')),
    ),
    inputCount: 500,
    found: /it reads its own line otherwise/,
  },
];

function throwingDecode(bytes: Buffer): unknown {
  if (bytes.length > 20 && bytes[3] === 0xff) {
    throw new TypeError('planted');
  }
  return clientFrames.decode(bytes);
}

const READERS_OF_BODIES: readonly PlantedFault[] = [
  {
    fault: 'a reader of bodies that throws',
    target: jsonTarget((body, fields) => {
      JSON.parse(body.includes('\\u') ? body.toString() : '{}');
      return readMessage(body, fields);
    }),
    inputCount: 500,
    found: /SyntaxError/,
  },
  {
    fault: 'a reader of bodies that takes what is no JSON',
    target: jsonTarget(() => ({ kind: 'message', message: {} })),
    inputCount: 500,
    found: /a message was read out of what is no JSON/,
  },
  {
    fault: 'a reader of bodies that reads another name than stands there',
    target: jsonTarget((body, fields) => {
      const reading = readMessage(body, fields);
      return reading.kind === 'message' && 'name' in reading.message
        ? { kind: 'message', message: { ...reading.message, name: 'other' as never } }
        : reading;
    }),
    inputCount: 500,
    found: /another message was read than stands there/,
  },
];

const SETTINGS: readonly PlantedFault[] = [
  {
    fault: 'a command line that ends in another error',
    target: commandLineTarget((argv) => {
      if (argv.length === 5) {
        throw new RangeError('planted');
      }
      return parseCommandLine(argv);
    }),
    inputCount: 1_000,
    found: /the command line: RangeError: planted/,
  },
  {
    fault: 'a command line that sets what there is not',
    target: commandLineTarget(() => new Map([['unheard_of', '1']])),
    inputCount: 20,
    found: /it knows the setting unheard_of/,
  },
  {
    fault: 'a config file that ends in another error',
    target: configFileTarget((path, readFile) => {
      if (readFile(path).includes('%YAML')) {
        throw new RangeError('planted');
      }
      return readConfigFile(path, readFile);
    }),
    inputCount: 1_000,
    found: /ldlm\.yaml: RangeError: planted/,
  },
];

const JOURNALS: readonly PlantedFault[] = [
  {
    fault: 'a journal that starts with what never was',
    target: journalTarget(() =>
      storeThat(() => Promise.resolve({ leases: [], sessions: [], fencingToken: 5 })),
    ),
    inputCount: 20,
    found: /it starts with what never was/,
  },
  {
    fault: 'a journal that is refused by an error of the machine',
    target: journalTarget(() => storeThat(() => Promise.reject(new Error('planted')))),
    inputCount: 20,
    found: /it was refused by Error: planted/,
  },
  {
    fault: 'a journal that forgets what is kept after its start',
    target: journalTarget(() =>
      storeThat(() => Promise.resolve({ leases: [], sessions: [], fencingToken: 0 })),
    ),
    inputCount: 200,
    found: /what was kept after the start is not there after the next/,
  },
];

function storeThat(open: StateStore['open']): StateStore {
  return { open, append: async () => undefined, close: async () => undefined };
}

const SERVERS: readonly PlantedFault[] = [
  {
    fault: 'a server that says in its log that it failed',
    target: ipcServerTarget((options) => {
      options.parts?.logger?.error('planted');
      return startServer(options);
    }),
    inputCount: 20,
    found: /the log says: planted/,
  },
  {
    fault: 'a server that serves an honest client no more',
    target: restRequestsTarget(async (options) => {
      const server = await startServer(options);
      server.locking.release = () => Promise.reject(new Error('planted'));
      return server;
    }),
    inputCount: 20,
    found: /gRPC answered .*"status":14/,
  },
  {
    fault: 'a server whose calls end with a status that there is not',
    target: grpcMessagesTarget(withGrpcAnswer('2')),
    inputCount: 16,
    found: /was answered with the status 2; the input in hex/,
  },
  {
    fault: 'a REST server that answers what is no HTTP',
    target: restRequestsTarget(withRestAnswer('HTTP/9 what\r\n\r\n')),
    inputCount: 10,
    found: /it answered what is no HTTP/,
  },
  {
    fault: 'a REST server that fails',
    target: restRequestsTarget(withRestAnswer('HTTP/1.1 500 Internal Server Error\r\n\r\n')),
    inputCount: 10,
    found: /it answered 500/,
  },
  {
    fault: 'a local door that answers in words that nobody knows',
    target: ipcServerTarget(withIpcAnswer('{"surprise":true}\n')),
    inputCount: 10,
    found: /it was answered .*surprise/,
  },
  {
    fault: 'sockets that stay open',
    target: leak(),
    inputCount: 20,
    found: /sockets are still open/,
  },
];

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  ...DECODERS,
  ...READERS_OF_BODIES,
  ...SETTINGS,
  ...JOURNALS,
  ...SERVERS,
];

function withGrpcAnswer(code: string): StartServer {
  return async (options) => {
    const other = createHttp2Server();
    other.on('stream', (stream) => {
      stream.on('error', () => undefined).resume();
      const headers = { 'content-type': 'application/grpc', 'grpc-status': code };
      stream.respond({ ':status': 200, ...headers }, { endStream: true });
    });
    const grpcAddress = await listening(other);
    return stoppingToo(await startServer(options), { grpcAddress }, other);
  };
}

function withRestAnswer(text: string): StartServer {
  return async (options) => {
    const other = saying(text);
    const restAddress = await listening(other);
    return stoppingToo(await startServer(options), { restAddress }, other);
  };
}

function withIpcAnswer(text: string): StartServer {
  return async ({ settings, parts = {} }) => {
    const other = saying(text);
    const server = await startServer({
      settings: { ...settings, ipcSocketFile: undefined },
      parts,
    });
    await new Promise<void>((resolve) => other.listen(settings?.ipcSocketFile, resolve));
    return stoppingToo(server, {}, other);
  };
}

function saying(text: string): Server {
  return createServer((socket) => {
    socket.on('error', () => undefined).resume();
    socket.end(text);
  });
}

function listening(server: Pick<Server, 'listen' | 'address'>): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function stoppingToo(
  server: RunningServer,
  addresses: Partial<RunningServer>,
  other: Pick<Server, 'close'>,
): RunningServer {
  const stop = async () => {
    other.close();
    await server.stop();
  };
  return { ...server, ...addresses, stop };
}

/** Connects to itself and never hangs up. */
function leak(): Target {
  return {
    what: 'what leaks',
    share: 0,
    open: async () => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => sockets.push(socket));
      const [host = '', port] = (await listening(server)).split(':');
      return {
        attempt: async () => {
          const socket = connect(Number(port), host);
          sockets.push(socket);
          await new Promise((resolve) => socket.once('connect', resolve));
          return TAKEN;
        },
        close: async () => {
          for (const socket of sockets) {
            socket.destroy();
          }
          server.close();
        },
      };
    },
  };
}
