/** Why: server-sent events are read from an answer like any other, since EventSource can send no token. */

/** @typedef {{ readonly event: string, readonly data: unknown }} ServerEvent */

/** Put together out of pieces of text that end anywhere, as the server writes them: `event` and `data`, once each. */
export class EventReader {
  #rest = '';

  /**
   * @param {string} text
   * @returns {readonly ServerEvent[]} those that have come whole with it.
   */
  read(text) {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const fields = new Map(block.split('\n').map(fieldOf));
      const data = fields.get('data');
      return data === undefined
        ? []
        : [{ event: fields.get('event') ?? 'message', data: JSON.parse(data) }];
    });
  }
}

/** @param {string} line @returns {readonly [string, string]} */
function fieldOf(line) {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')];
}
