/** Why: settings become this server's candidacy in etcd: whom to ask, as whom, and how it describes itself. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { readPasswordFile } from '../adapters/outbound/credentials/password-file.js';
import { EtcdElection } from '../adapters/outbound/etcd/etcd-election.js';
import type { EtcdAccess } from '../adapters/outbound/etcd/etcd-members.js';
import type { Clock } from '../ports/outbound/clock.js';
import type { Election, LeaderDescription } from '../ports/outbound/election.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { ListenAddress } from './listen-address.js';
import { PROGRAM_VERSION } from './program-version.js';
import { SettingError } from './setting-error.js';
import type { Settings } from './settings.js';

/** @throws PasswordFileError or SettingError for a file that cannot be read. */
export async function etcdElection(
  settings: Settings,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<Election> {
  return new EtcdElection({
    access: await accessOf(settings),
    prefix: settings.etcdPrefix,
    leaderTtlMs: settings.leaderTtlMs,
    leader: descriptionOf(settings),
    clock,
    logger,
  });
}

function descriptionOf({ listenAddress, restListenAddress }: Settings): LeaderDescription {
  return {
    id: randomUUID(),
    host: hostname(),
    pid: process.pid,
    grpcAddress: inWords(listenAddress),
    ...(restListenAddress && { restAddress: inWords(restListenAddress) }),
    version: PROGRAM_VERSION,
  };
}

function inWords({ host, port }: ListenAddress): string {
  const name = host ?? hostname();
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

async function accessOf(settings: Settings): Promise<EtcdAccess> {
  const { etcdEndpoints = [], etcdUser, etcdPassword, etcdPasswordFile } = settings;
  const password =
    etcdPasswordFile === undefined ? etcdPassword : await readPasswordFile(etcdPasswordFile);
  const ca = await readPem(settings.etcdTlsCaFile, '--etcd_tls_ca');
  const cert = await readPem(settings.etcdTlsCertFile, '--etcd_tls_cert');
  const key = await readPem(settings.etcdTlsKeyFile, '--etcd_tls_key');
  return {
    endpoints: etcdEndpoints,
    ...(etcdUser !== undefined &&
      password !== undefined && { user: { username: etcdUser, password } }),
    ...((ca || cert) && { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }),
  };
}

async function readPem(file: string | undefined, flag: string): Promise<Buffer | undefined> {
  if (file === undefined) {
    return undefined;
  }
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettingError(
      `${flag} cannot be read: ${reason}. Name a file that this server may read`,
    );
  }
}
