/** Who may come in by any door. */

/** `missing`: no password was shown; `wrong`: another one was. */
export type AdmissionAnswer = 'admitted' | 'missing' | 'wrong';

export interface Admission {
  /**
   * Whether a caller who showed that password may go on; undefined for none shown. Takes the same time
   * for every wrong one, and logs refusals with the peer, limited in rate. Without a password set for the server
   * everyone is admitted.
   */
  admit(shown: string | undefined, peer: string): AdmissionAnswer;
}
