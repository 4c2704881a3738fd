/** REST bodies as their parsers see them: no error is thrown, and Node's own parser agrees. */
import { JSON_DEPTH_MAX, scanFirstValue } from '../../adapters/inbound/rest/json-scanner.js';
import {
  type MessageFields,
  type MessageReading,
  readMessage,
} from '../../adapters/inbound/rest/request-message.js';
import { Mutator } from './mutator.js';
import { faulty, pure, REFUSED, TAKEN, type Target, type Tried } from './target.js';

const FIELDS = {
  name: 'string',
  key: 'string',
  size: 'int32',
  wait_timeout_seconds: 'int32',
  lock_timeout_seconds: 'int32',
} as const;

export const JSON_BODIES: readonly string[] = [
  '{"name":"invoice/42","size":10,"lock_timeout_seconds":60,"wait_timeout_seconds":0}',
  '{"name":"a\\u00fc\\n\\"b","key":"k-0123","lockTimeoutSeconds":"2.0e1","size":null}',
  ' {"unknown":{"deep":[[1,2.5e-3],{"x":true}],"no":false},"name":"löck","key":""} ',
  '[{"name":["a"]}]',
];

export const JSON_TOKENS: readonly string[] = [
  ...['{', '}', '[', ']', ',', ':', '"', '\\', '\\u', '\\ud800', '\\udc00', '\\u0000', '\ufeff'],
  ...[
    'null',
    'true',
    'false',
    '"name":',
    '"size":',
    '"name":"b",',
    '1.',
    '-',
    'e+',
    '"__proto__":',
  ],
];

/** What a body is read with; the product's unless a fault is planted. */
export type ReadBody = (body: Buffer, fields: MessageFields) => MessageReading<MessageFields>;

export function jsonTarget(read: ReadBody = readMessage): Target {
  const mutator = new Mutator({ seeds: JSON_BODIES, tokens: JSON_TOKENS });
  return {
    what: 'REST bodies, at their parsers',
    share: 200_000,
    open: pure((random) => judge(read, mutator.make(random))),
  };
}

function judge(read: ReadBody, body: Buffer): Tried {
  const reading = read(body, FIELDS);
  const scan = scanFirstValue(body, { onString: () => undefined, onMember: () => undefined });
  if (scan.kind === 'nothing') {
    return reading.kind === 'message' ? TAKEN : faulty('an empty body was refused', body);
  }
  if (scan.kind === 'malformed') {
    if (reading.kind === 'message') {
      return faulty('a message was read out of what is no JSON', body);
    }
    const isFine = parsed(body) !== undefined && depthOf(body) <= JSON_DEPTH_MAX;
    return isFine ? faulty('JSON was refused', body) : REFUSED;
  }
  const value = parsed(body.subarray(scan.span.start, scan.span.end));
  if (value === undefined) {
    return faulty('what is no JSON was taken for it', body);
  }
  if (reading.kind === 'malformed') {
    return /^proto: .+/.test(reading.reason) ? REFUSED : faulty('refused without a reason', body);
  }
  return agrees(reading.message, value.json)
    ? TAKEN
    : faulty('another message was read than stands there', body);
}

function parsed(body: Buffer): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(body.toString()) };
  } catch {
    return undefined;
  }
}

/** More than there is where brackets stand in strings, which only makes the check milder. */
function depthOf(body: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (const byte of body) {
    depth += byte === 0x7b || byte === 0x5b ? 1 : byte === 0x7d || byte === 0x5d ? -1 : 0;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Each field has what one of its two spellings has. */
function agrees(message: Readonly<Record<string, unknown>>, json: unknown): boolean {
  const values = new Map<string, unknown>(Object.entries(json as object));
  return Object.entries(message).every(([name, read]) => {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const stands = [values.get(name), values.get(camel)];
    return stands.some((value) => value === read || Number(value) === read);
  });
}
