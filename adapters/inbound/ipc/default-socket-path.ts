/** Why: the server and its operators find one another here when neither says where. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function defaultSocketPath(): string {
  return process.platform === 'win32' ? '\\\\.\\pipe\\ldlm-ipc' : join(tmpdir(), 'ldlm-ipc.sock');
}
