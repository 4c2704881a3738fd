/** Why: an address that is none is told at once, not after a while without a server. */

const ADDRESS = /^(?:\[[^\]\s/]+\]|[^\s/:[\]]+):\d{1,5}$/;

/** @param text of `--address`: one or more, with commas between. @returns what is wrong with it, in a sentence; undefined for nothing. */
export function problemOfAddresses(text: string): string | undefined {
  const bad = text.split(',').find((address) => !ADDRESS.test(address));
  return bad === undefined
    ? undefined
    : `--address takes host:port, which ${JSON.stringify(bad)} is not`;
}
