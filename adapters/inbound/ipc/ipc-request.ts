/** Why: what a peer may ask at the local door, written and read in one place. A request is one line of JSON. */
import { type HolderFilter, NAME_PATTERN_LENGTH_MAX } from '../../../domain/holder-filter.js';
import { excerpt, type Malformed, malformed, parseObject } from './ipc-line.js';
import { isNumber, isObject, isOptionalString, type JsonObject } from './ipc-shapes.js';

const PROTOCOL_VERSION = 1;

/** The most locks that may be asked for at once. */
const BUSIEST_MAX = 100;

/** Who asks, in its own words. */
interface Saying {
  readonly says?: string;
}

export type IpcRequest =
  | { readonly method: 'list'; readonly name?: string }
  | { readonly method: 'holders'; readonly filter: HolderFilter }
  | { readonly method: 'watch'; readonly filter: HolderFilter }
  | { readonly method: 'show'; readonly name: string }
  | { readonly method: 'sessions' }
  | { readonly method: 'stats' }
  | { readonly method: 'busiest'; readonly count: number }
  | ({ readonly method: 'unlock'; readonly name: string; readonly key?: string } & Saying)
  | ({ readonly method: 'unlock-all'; readonly name: string } & Saying)
  | ({ readonly method: 'kick'; readonly session: string } & Saying);

type Reader = (request: JsonObject) => IpcRequest | Malformed;

const filtered =
  (method: 'holders' | 'watch'): Reader =>
  (request) => {
    const filter = readFilter(request.filter);
    return filter === undefined
      ? malformed(`${method} takes a filter: texts and, of owners, a value and perhaps a word`)
      : { method, filter };
  };

/** Total over the methods, so that none is written that is not read. */
const READERS: Readonly<Record<IpcRequest['method'], Reader>> = {
  list: ({ name }) =>
    isOptionalString(name)
      ? { method: 'list', ...(name !== undefined && { name }) }
      : malformed('list takes a name that is a string, or none'),
  unlock: ({ name, key, says }) =>
    typeof name === 'string' && isOptionalString(key)
      ? { method: 'unlock', name, ...(key !== undefined && { key }), ...saying(says) }
      : malformed('unlock takes a name, and may take a key, that are strings'),
  holders: filtered('holders'),
  watch: filtered('watch'),
  show: ({ name }) =>
    typeof name === 'string'
      ? { method: 'show', name }
      : malformed('show takes a name that is a string'),
  sessions: () => ({ method: 'sessions' }),
  stats: () => ({ method: 'stats' }),
  busiest: ({ count }) =>
    isNumber(count) && Number.isInteger(count) && count >= 1 && count <= BUSIEST_MAX
      ? { method: 'busiest', count }
      : malformed(`busiest takes a count from 1 to ${BUSIEST_MAX}`),
  'unlock-all': ({ name, says }) =>
    typeof name === 'string'
      ? { method: 'unlock-all', name, ...saying(says) }
      : malformed('unlock-all takes a name that is a string'),
  kick: ({ session, says }) =>
    typeof session === 'string'
      ? { method: 'kick', session, ...saying(says) }
      : malformed('kick takes a session that is a string'),
};

const METHODS = Object.keys(READERS);
const KNOWN = `${METHODS.slice(0, -1).join(', ')} and ${METHODS.at(-1)}`;

export function encodeRequest(request: IpcRequest): string {
  return `${JSON.stringify({ v: PROTOCOL_VERSION, ...request })}\n`;
}

/** Reads a request; whatever the line holds, it does not throw. */
export function decodeRequest(line: string): IpcRequest | Malformed {
  const request = parseObject(line);
  if (request === undefined) {
    return malformed('a request is one JSON object on one line');
  }
  const { v, method } = request;
  if (v !== PROTOCOL_VERSION) {
    return malformed(
      `unknown protocol version ${excerpt(v)}: this server speaks version ${PROTOCOL_VERSION}`,
    );
  }
  const read =
    typeof method === 'string' && Object.hasOwn(READERS, method)
      ? READERS[method as IpcRequest['method']]
      : undefined;
  return (
    read?.(request) ?? malformed(`${UNKNOWN_METHOD} ${excerpt(method)}: this server knows ${KNOWN}`)
  );
}

/** How a server begins its answer to what it does not know; every version so far does. */
export const UNKNOWN_METHOD = 'unknown method';

function saying(says: unknown): Saying {
  return typeof says === 'string' ? { says } : {};
}

function readFilter(value: unknown): HolderFilter | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const { name, namePrefix, namePattern, session, owner } = value;
  if (
    !isOptionalString(name) ||
    !isOptionalString(namePrefix) ||
    !isOptionalString(namePattern) ||
    !isOptionalString(session) ||
    (namePattern?.length ?? 0) > NAME_PATTERN_LENGTH_MAX
  ) {
    return undefined;
  }
  const ownedBy = owner === undefined ? undefined : readOwner(owner);
  if (owner !== undefined && ownedBy === undefined) {
    return undefined;
  }
  return {
    ...(name !== undefined && { name }),
    ...(namePrefix !== undefined && { namePrefix }),
    ...(namePattern !== undefined && { namePattern }),
    ...(session !== undefined && { session }),
    ...(ownedBy && { owner: ownedBy }),
  };
}

function readOwner(value: unknown): HolderFilter['owner'] | undefined {
  if (!isObject(value) || typeof value.value !== 'string' || !isOptionalString(value.word)) {
    return undefined;
  }
  return { ...(value.word !== undefined && { word: value.word }), value: value.value };
}
