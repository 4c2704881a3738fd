/** Why: who holds what, as the server behind a socket of administration tells its operator. */
import { IpcClient } from '../../adapters/inbound/ipc/ipc-client.js';
import type { HolderDescription } from '../../domain/descriptions.js';
import type { HolderFilter } from '../../domain/holder-filter.js';

export async function holdersTold(
  socketFile: string,
  filter: HolderFilter = {},
): Promise<readonly HolderDescription[]> {
  const asked = new IpcClient({ path: socketFile, replyBytesMax: 1_000_000, silenceMs: 10_000 });
  const told: HolderDescription[] = [];
  for await (const { holders } of asked.holders(filter)) {
    told.push(...holders);
  }
  return told;
}
