/** Why: a log line is written whatever is put into it; to tell of a failure must not be another. */
import type { LogFields } from '../../../ports/outbound/logger.js';

const UNWRITABLE = '"[cannot be written as JSON]"';
const takenNames: ReadonlySet<string> = new Set(['time', 'level', 'msg']);

/**
 * The members of a JSON object, without its braces. Errors become their message, code and cause,
 * and their stack if wanted; what cannot be written says so in its place. Never throws.
 */
export function fieldsAsJson(fields: LogFields, withStacks: boolean): string {
  const members: string[] = [];
  for (const name of namesOf(fields)) {
    const json = valueAsJson(() => fields[name], withStacks);
    if (json !== undefined) {
      members.push(`${JSON.stringify(takenNames.has(name) ? `${name}_` : name)}:${json}`);
    }
  }
  return members.join(',');
}

function namesOf(fields: LogFields): readonly string[] {
  try {
    return Object.keys(fields);
  } catch {
    return [];
  }
}

/** `read` is called within: a getter may throw, too. */
function valueAsJson(read: () => unknown, withStacks: boolean): string | undefined {
  try {
    return JSON.stringify(read(), (_name, value: unknown) => {
      if (typeof value === 'bigint') {
        return String(value);
      }
      return value instanceof Error ? describeError(value, withStacks) : value;
    });
  } catch {
    return UNWRITABLE;
  }
}

function describeError(error: Error, withStacks: boolean): object {
  const { message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return { message, code, cause, stack: withStacks ? stack : undefined };
}
