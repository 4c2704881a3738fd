/** What the server needs to prove who it is, and to ask its clients who they are. */
import type { Instant } from '../../domain/instant.js';

/** PEM texts of one piece: the key is the certificate's, and both are in force. */
export interface TlsMaterial {
  /** The server's certificate, then those that lead from it to an authority. */
  readonly cert: string;
  readonly key: string;
  /** The authorities that certificates of clients must come from; undefined if clients need none. */
  readonly ca: string | undefined;
  /** When the certificate's time is over. */
  readonly expiresAt: Instant;
}

/** `message` is one line that says which file is wrong in what way, and shows no secret. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * `load` is called first, once; `watch` at most once after it. From then on, until `close`, material that
 * takes the place of the last one is told, each once and only if it can be used; what cannot be used is
 * logged as an error and changes nothing.
 */
export interface Certificates {
  /** @throws CertificateError */
  load(): Promise<TlsMaterial>;

  watch(tell: (material: TlsMaterial) => void): void;

  /** Looks at once, and tells what it finds if that can be used, changed or not. Never rejects. */
  reload(): Promise<void>;

  close(): void;
}
