/** What this process holds on to, for judges of what others made it do. */

/**
 * Heap in use and memory outside it that belongs to objects, after a collection; undefined unless Node runs with
 * `--expose-gc`.
 */
export async function keptBytes(): Promise<number | undefined> {
  if (globalThis.gc === undefined) {
    return undefined;
  }
  // What one collection lets go of, callbacks of the next turn may let go of more.
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Connections over TCP and local sockets, of both sides. */
export function openSocketCount(): number {
  const names = process.getActiveResourcesInfo();
  return names.filter((name) => name === 'TCPSocketWrap' || name === 'PipeWrap').length;
}
