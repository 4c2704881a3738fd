/** Why: a JSON array of any length goes out as it is read: one member a line, each whole by itself. */
import { visibleJson } from './visible-text.js';

/** The lines of one array. `fieldsOf` gives what is shown of a member. */
export async function* jsonArray<Member>(
  members: AsyncIterable<Member>,
  fieldsOf: (member: Member) => object,
): AsyncGenerator<string, void, undefined> {
  let held: string | undefined;
  for await (const member of members) {
    yield held === undefined ? '[' : `${held},`;
    held = `  ${visibleJson(fieldsOf(member))}`;
  }
  if (held === undefined) {
    yield '[]';
    return;
  }
  yield held;
  yield ']';
}
