/** Why: where an operator's words say that the server is, and what it wants to see there. */
import type { ServerAccess } from './run-command-line.js';

/** By its address, over the network. */
export interface RemoteAccess extends ServerAccess {
  readonly password: string | undefined;
  /** Takes whatever certificate the server shows. */
  readonly skipVerify: boolean;
}

export type ServerPlace =
  /** On the same machine; undefined: where the environment or the platform says. */
  | { readonly at: 'socket'; readonly path: string | undefined }
  | { readonly at: 'address'; readonly access: RemoteAccess };
