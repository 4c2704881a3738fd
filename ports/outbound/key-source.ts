/** What the server needs of chance. */

export interface KeySource {
  /**
   * A fresh key: 1 to 128 printable ASCII characters, never given before by any server that shares
   * the state store, and not to be guessed. Called once per acquire and per session, so it is quick.
   */
  next(): string;
}
