/** Why: `ldlm-lock run` gets its lock from a server by its address, as any client does. */
import { readFileSync } from 'node:fs';
import { readPasswordFile } from '../adapters/outbound/credentials/password-file.js';
import { type RunParts, runUnderLock } from '../adapters/inbound/cli/run-command.js';
import {
  parseRunCommandLine,
  type RunCommandLine,
  type ServerAccess,
} from '../adapters/inbound/cli/run-command-line.js';
import { LdlmClient, type LdlmClientOptions, UnauthenticatedError } from '../client/ldlm-client.js';
import { parseDuration } from './duration.js';

/** @param argv what follows `run`. @returns the exit status. Rejects with what to tell. */
export async function runLock(argv: readonly string[]): Promise<number> {
  const order = parseRunCommandLine(argv, parseDuration);
  const options = await clientOptions(order);
  const client = new LdlmClient(options);
  const tell = (line: string) => void process.stderr.write(`ldlm-lock: ${line}\n`);
  let vainCount = 0;
  client.on('unreached', ({ reason }) => {
    vainCount += 1;
    if (vainCount === order.addresses.length) {
      tell(`no server is reached yet, and it goes on trying: ${reason}`);
    }
  });
  return runUnderLock(order, {
    takeLock: (wanted, signal) =>
      take(client, wanted, signal).catch((error) => {
        throw error instanceof UnauthenticatedError ? unauthenticated(options) : error;
      }),
    close: () => client.close(),
    environment: process.env,
    signals: process,
    tell,
  });
}

/** What the client says of a password, in the words of this program's options. */
function unauthenticated({ password }: LdlmClientOptions): Error {
  return new Error(
    password === undefined
      ? 'the server asks for a password: give --password_file FILE, or set LDLM_PASSWORD'
      : 'the server has another password: see --password_file and LDLM_PASSWORD',
  );
}

function take(
  client: LdlmClient,
  { name, size, leaseMs, waitMs, command }: RunCommandLine,
  signal: AbortSignal,
): ReturnType<RunParts['takeLock']> {
  const options = { size, leaseMs, signal, metadata: { command: command[0].slice(0, 200) } };
  return waitMs === 0
    ? client.tryLock(name, options)
    : client.lock(name, { ...options, ...(waitMs !== undefined && { waitTimeoutMs: waitMs }) });
}

/** @throws PasswordFileError, or Error for a file that cannot be read. */
async function clientOptions(access: ServerAccess): Promise<LdlmClientOptions> {
  const { addresses, passwordFile, useTls, caFile, tlsCertFile, tlsKeyFile } = access;
  const password =
    passwordFile === undefined
      ? process.env.LDLM_PASSWORD || undefined
      : await readPasswordFile(passwordFile);
  const files = {
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
    ...(tlsCertFile !== undefined && { cert: readFileSync(tlsCertFile) }),
    ...(tlsKeyFile !== undefined && { key: readFileSync(tlsKeyFile) }),
  };
  const isSecure = useTls || Object.keys(files).length > 0;
  return {
    addresses,
    name: 'ldlm-lock run',
    ...(password !== undefined && { password }),
    ...(isSecure && { tls: files }),
  };
}
