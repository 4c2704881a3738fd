/** Tells an error by which input is refused from one by which a fault of the program shows. */

/** By which the engine, rather than the program, says that something went wrong. */
const SLIPS: ReadonlySet<string> = new Set([
  'TypeError',
  'ReferenceError',
  'SyntaxError',
  'AssertionError',
  'InvariantError',
  'AggregateError',
]);

/** The one RangeError that refuses: protobufjs says so when a field goes beyond the bytes. */
const BEYOND_THE_BYTES = /^index out of range: /;

/** @returns what is unclean about what was thrown; undefined if it is one sentence that refuses. */
export function uncleanness(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) {
    return `it threw ${String(thrown)}, which is no Error`;
  }
  const { name, message } = thrown;
  if (SLIPS.has(name) || (name === 'RangeError' && !BEYOND_THE_BYTES.test(message))) {
    return `it threw ${name}: ${message}`;
  }
  return message === '' || message.includes('\n')
    ? `it refused in ${JSON.stringify(message)}, which is not one line`
    : undefined;
}
