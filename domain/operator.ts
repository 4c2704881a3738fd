/** Why: who takes away what others hold is written down, as far as the door that they came by knows them. */

export interface Operator {
  /**
   * `local`: by the server's own socket; `remote`: over the network; `console`: by its page in a browser; `embedding`: the
   * program that the server is part of.
   */
  readonly door: 'local' | 'remote' | 'console' | 'embedding';
  /** Where from: an `address:port`, or whose socket it is that they could open. */
  readonly peer?: string;
  /** Of the certificate that they proved to have. */
  readonly certificateSubject?: string;
  /** Who they say they are; nobody has checked it. */
  readonly says?: string;
}

export const EMBEDDING_PROGRAM: Operator = { door: 'embedding' };
