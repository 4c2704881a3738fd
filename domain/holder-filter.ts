/** Why: which leases an operator wants to see, decided where they are, so that the others never travel. */
import type { HolderDescription } from './descriptions.js';
import type { Owner } from './owner.js';

/** What a lease must have, all of it. */
export interface HolderFilter {
  /** The lock's name, exactly. */
  readonly name?: string;
  readonly namePrefix?: string;
  /** The lock's name, where `*` stands for any text: see `NAME_PATTERN_LENGTH_MAX`. */
  readonly namePattern?: string;
  /** Of its session: the id, the `address:port`, or the kind and that, as they are listed. */
  readonly session?: string;
  /** One of its owner's words: that word with that value or, without a word, any with that value. */
  readonly owner?: { readonly word?: string; readonly value: string };
}

/** Patterns may be so long, in UTF-16 units, since each costs a look along every name. */
export const NAME_PATTERN_LENGTH_MAX = 1_024;

/** @returns whether a lease is wanted. */
export function holderTest(filter: HolderFilter): (holder: HolderDescription) => boolean {
  const { name, namePrefix, namePattern, session, owner } = filter;
  const tests: ((holder: HolderDescription) => boolean)[] = [];
  if (name !== undefined) {
    tests.push((holder) => holder.name === name);
  }
  if (namePrefix !== undefined) {
    tests.push((holder) => holder.name.startsWith(namePrefix));
  }
  if (namePattern !== undefined) {
    const fits = nameTest(namePattern);
    tests.push((holder) => fits(holder.name));
  }
  if (session !== undefined) {
    tests.push(
      (holder) =>
        holder.sessionId === session ||
        holder.session === session ||
        (holder.session?.endsWith(` ${session}`) ?? false),
    );
  }
  if (owner !== undefined) {
    tests.push((holder) => isOwnedBy(holder.owner, owner));
  }
  return (holder) => tests.every((test) => test(holder));
}

/** Each piece between stars at its first place after the one before: no pattern makes it go back. */
function nameTest(pattern: string): (name: string) => boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) {
    return (name) => name === head;
  }
  return (name) => {
    if (!name.startsWith(head) || name.length < head.length + tail.length || !name.endsWith(tail)) {
      return false;
    }
    const end = name.length - tail.length;
    let from = head.length;
    for (const piece of rest) {
      const at = name.indexOf(piece, from);
      if (at === -1 || at + piece.length > end) {
        return false;
      }
      from = at + piece.length;
    }
    return true;
  };
}

function isOwnedBy(
  owner: Owner | undefined,
  { word, value }: { readonly word?: string; readonly value: string },
): boolean {
  if (owner === undefined) {
    return false;
  }
  return word === undefined
    ? Object.values(owner).includes(value)
    : Object.hasOwn(owner, word) && owner[word] === value;
}
