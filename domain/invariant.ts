/** Why: a broken invariant means that two programs might hold one lock; it stops the process, in production too. */

/** What `invariant` throws. Nothing catches it but the process's last resort, which stops the server. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws an InvariantError unless `holds`. */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) {
    throw new InvariantError(message);
  }
}
