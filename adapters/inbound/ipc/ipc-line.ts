/** Why: what is common to requests and answers at the local door: lines of JSON, and words on those that are none. */
import { isObject, type JsonObject } from './ipc-shapes.js';

/** A line that is not what it should be, and what is wrong with it. */
export interface Malformed {
  readonly kind: 'malformed';
  readonly problem: string;
}

export function malformed(problem: string): Malformed {
  return { kind: 'malformed', problem };
}

/** undefined for whatever is no JSON object. */
export function parseObject(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the other end sent, short enough to be repeated to it. */
export function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'none';
  return text.length <= 64 ? text : `${text.slice(0, 64)}…`;
}
