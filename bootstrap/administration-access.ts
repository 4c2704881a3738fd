/** Why: which way leads to a server that an operator names, with the files and secrets that it takes. */
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { AdministrationClient } from '../adapters/inbound/cli/administration-client.js';
import type { Place } from '../adapters/inbound/cli/lock-command.js';
import type { RemoteAccess } from '../adapters/inbound/cli/server-place.js';
import { GrpcAdministrationClient } from '../adapters/inbound/grpc/grpc-administration-client.js';
import { IpcClient } from '../adapters/inbound/ipc/ipc-client.js';
import { readPasswordFile } from '../adapters/outbound/credentials/password-file.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** How long a server may say nothing. */
const SILENCE_MS = 30_000;
const CONNECT_MS = 5_000;

/** One line with one holder that has the longest name there can be, each byte of it escaped. */
const REPLY_BYTES_MAX = 32 * 1024 * 1024;

/** Rejects with PasswordFileError, or Error for a file or a text that is none. */
export async function connectAdministration(
  place: Place,
  environment: Environment,
): Promise<AdministrationClient> {
  const says = whoAsks(environment);
  if (place.at === 'socket') {
    const { path } = place;
    return new IpcClient({ path, replyBytesMax: REPLY_BYTES_MAX, silenceMs: SILENCE_MS, says });
  }
  const { access } = place;
  const password = await passwordFor(access, environment);
  if (password !== undefined && !/^[ -~]*$/.test(password)) {
    throw new Error('a password for --address must be printable characters of ASCII');
  }
  return new GrpcAdministrationClient({
    addresses: access.addresses,
    credentials: credentialsFor(access),
    ...(password !== undefined && { password }),
    says,
    connectMs: CONNECT_MS,
    silenceMs: SILENCE_MS,
  });
}

async function passwordFor(
  { password, passwordFile }: RemoteAccess,
  environment: Environment,
): Promise<string | undefined> {
  return passwordFile === undefined
    ? (password ?? (environment.LDLM_PASSWORD || undefined))
    : readPasswordFile(passwordFile);
}

/** @throws Error that names the option. */
function credentialsFor(access: RemoteAccess): ChannelCredentials {
  const { useTls, skipVerify, caFile, tlsCertFile, tlsKeyFile } = access;
  const files = [caFile, tlsCertFile, tlsKeyFile];
  if (!useTls && !skipVerify && files.every((file) => file === undefined)) {
    return credentials.createInsecure();
  }
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    throw new Error('--tls_cert and --tls_key go together: give both or neither');
  }
  const [ca, cert, key] = files.map((file) => (file === undefined ? null : readFileSync(file)));
  // Node takes a file without certificates for one that has none, and trusts nobody then.
  if (ca?.includes('-----BEGIN') === false) {
    throw new Error('--ca_file must be in PEM form: it holds no certificate');
  }
  try {
    return credentials.createSsl(ca, key, cert, { rejectUnauthorized: !skipVerify });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`--ca_file, --tls_cert and --tls_key must be in PEM form: ${reason}`, {
      cause: error,
    });
  }
}

/** For the server's log, which says that nobody has checked it. */
function whoAsks({ SUDO_USER: sudoUser }: Environment): string {
  const behind = sudoUser ? ` for ${sudoUser}` : '';
  return `${userName()}${behind} on ${hostname()}, pid ${process.pid}`;
}

/** A user may have no name, as in containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
