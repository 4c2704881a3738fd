/** Why: where adapters meet ports. Read this first to see the whole server on one page. */
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { GrpcServer } from '../adapters/inbound/grpc/grpc-server.js';
import { IpcServer } from '../adapters/inbound/ipc/ipc-server.js';
import { RestServer } from '../adapters/inbound/rest/rest-server.js';
import { CertificateFiles } from '../adapters/outbound/certificates/certificate-files.js';
import { SystemClock } from '../adapters/outbound/clock/system-clock.js';
import { PasswordAdmission } from '../adapters/outbound/credentials/password-admission.js';
import { readPasswordFile } from '../adapters/outbound/credentials/password-file.js';
import { JournalStateStore } from '../adapters/outbound/journal/journal-state-store.js';
import { RandomKeySource } from '../adapters/outbound/keys/random-key-source.js';
import { BunyanLogger } from '../adapters/outbound/logging/bunyan-logger.js';
import { MemoryStateStore } from '../adapters/outbound/memory/memory-state-store.js';
import { LockService } from '../domain/lock-service.js';
import type { Administration } from '../ports/inbound/administration.js';
import type { Admission } from '../ports/inbound/admission.js';
import type { Locking } from '../ports/inbound/locking.js';
import type { Certificates, TlsMaterial } from '../ports/outbound/certificates.js';
import type { Clock } from '../ports/outbound/clock.js';
import type { KeySource } from '../ports/outbound/key-source.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { StateStore } from '../ports/outbound/state-store.js';
import { PROGRAM_VERSION } from './program-version.js';
import { defaultSettings, type Settings } from './settings.js';
import { verifiesClients } from './settings-agreement.js';

export type { Settings } from './settings.js';

/** How long answers under way may take to leave once the server stops. */
const GRACE_MS = 2_000;

/** Any outbound adapter may be the caller's own; see docs/ADAPTERS.md. */
export interface ServerParts {
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly logger: Logger;
  readonly store: StateStore;
}

export interface ServerOptions {
  /**
   * What differs from the defaults of docs/SETTINGS.md. A server inside another program has no
   * administration socket unless `ipcSocketFile` is given.
   */
  readonly settings?: Partial<Settings>;
  readonly parts?: Partial<ServerParts>;
}

/** Running → stopped. */
export interface RunningServer {
  /** The `address:port` that gRPC clients connect to. */
  readonly grpcAddress: string;
  /** The `address:port` that REST clients connect to; undefined if none may. */
  readonly restAddress: string | undefined;
  readonly locking: Locking;
  readonly administration: Administration;
  /**
   * Resolves with the cause if the server can no longer vouch for its state; it answers nothing from
   * then on, and its program has to `stop` it and end. Never rejects.
   */
  readonly failure: Promise<unknown>;
  /** Takes up the certificates as their files are now; tells its log what came of it. Never rejects. */
  reload(): Promise<void>;
  /**
   * Takes no new work, answers waiters UNAVAILABLE, closes the connections and the store. What is held
   * stays in the store. May be called more than once.
   */
  stop(): Promise<void>;
}

/**
 * Starts a server in this process.
 * @throws RangeError for settings out of bounds, PasswordFileError, CertificateError, StateStoreError, RestoreError, IpcListenError, RestListenError or GrpcListenError; nothing is left running then.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const settings = defaultSettings({ ipcSocketFile: undefined, ...options.settings });
  const parts = partsFor(settings, options.parts);
  const { logger } = parts;
  const admission = await admissionFor(settings, parts);
  const certificates = certificatesFor(settings, parts);
  const material = await certificates?.load();
  let reportFailure: (cause: unknown) => void = () => undefined;
  const failure = new Promise<unknown>((resolve) => {
    reportFailure = resolve;
  });
  const service = await serviceFor(settings, parts, reportFailure);
  const door = { locking: service, logger, admission, tls: material && tlsFrom(material) };
  const administration = settings.remoteAdmin ? service : undefined;
  const ipc = ipcFor(settings, service, logger);
  const grpc = grpcFor(settings, { ...door, administration });
  const rest = restFor(settings, door);
  const stop = once(async () => {
    certificates?.close();
    await service.drain();
    await Promise.all([grpc.close(GRACE_MS), rest?.close(GRACE_MS), ipc?.close()]);
    await service.close();
  });
  try {
    await ipc?.listen();
    const restAddress = await rest?.listen();
    const grpcAddress = await grpc.listen();
    certificates?.watch((renewed) => {
      grpc.setSecureContext(contextFrom(renewed));
      rest?.setSecureContext(contextFrom(renewed));
    });
    const reload = async () => {
      await (certificates?.reload() ?? logger.info('There is nothing to reload: TLS is off'));
    };
    const ports = { locking: service, administration: service };
    return { grpcAddress, restAddress, ...ports, failure, reload, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function partsFor(settings: Settings, given: Partial<ServerParts> = {}): ServerParts {
  const logger =
    given.logger ?? new BunyanLogger({ level: settings.logLevel, output: process.stderr });
  const store =
    settings.stateFile === undefined
      ? new MemoryStateStore()
      : new JournalStateStore({ file: settings.stateFile, logger });
  return {
    logger,
    clock: given.clock ?? new SystemClock(),
    keys: given.keys ?? new RandomKeySource(),
    store: given.store ?? store,
  };
}

function serviceFor(
  settings: Settings,
  parts: ServerParts,
  onFailure: (cause: unknown) => void,
): Promise<LockService> {
  return LockService.start({
    rules: {
      shardCount: settings.shardCount,
      nameBytesMax: settings.nameBytesMax,
      restoredLeaseMs: settings.defaultLockTimeoutMs,
      keepLeasesOnDisconnect: settings.keepLeasesOnDisconnect,
      sessionsMax: settings.sessionsMax,
      waitersPerLockMax: settings.waitersPerLockMax,
      waitersMax: settings.waitersMax,
      idleCollectionIntervalMs: settings.idleCollectionIntervalMs,
      idleMinMs: settings.idleMinMs,
    },
    ...parts,
    about: { version: PROGRAM_VERSION, role: () => 'single' },
    onFailure,
  });
}

/** What the doors for programs have in common. */
interface Door {
  readonly locking: Locking;
  readonly logger: Logger;
  /** undefined: everyone may come in. */
  readonly admission: Admission | undefined;
  /** undefined: in plain text. */
  readonly tls: TlsOptions | undefined;
}

function grpcFor(
  settings: Settings,
  door: Door & { readonly administration: Administration | undefined },
): GrpcServer {
  return new GrpcServer({
    ...door,
    ...settings.listenAddress,
    keepaliveIntervalMs: settings.keepaliveIntervalMs,
    keepaliveTimeoutMs: settings.keepaliveTimeoutMs,
    connectionsMax: settings.connectionsMax,
    streamsPerConnectionMax: settings.streamsPerConnectionMax,
    messageBytesMax: settings.messageBytesMax,
    headerBytesMax: settings.headerBytesMax,
    handshakeTimeoutMs: settings.handshakeTimeoutMs,
    recoveryMsMax: settings.recoveryWindowMsMax,
    sessionRequestsMax: settings.sessionRequestsMax,
    messageTimeoutMs: settings.requestTimeoutMs,
  });
}

function restFor(settings: Settings, { tls, ...door }: Door): RestServer | undefined {
  if (settings.restListenAddress === undefined) {
    return undefined;
  }
  return new RestServer({
    ...door,
    ...(tls && { tls: { ...tls, handshakeTimeout: settings.handshakeTimeoutMs } }),
    admission: door.admission ?? { admit: () => 'admitted' },
    ...settings.restListenAddress,
    sessionIdleMs: settings.restSessionTimeoutMs,
    connectionsMax: settings.connectionsMax,
    bodyBytesMax: settings.bodyBytesMax,
    headerBytesMax: settings.headerBytesMax,
    requestTimeoutMs: settings.requestTimeoutMs,
  });
}

function ipcFor(
  { ipcSocketFile }: Settings,
  administration: Administration,
  logger: Logger,
): IpcServer | undefined {
  return ipcSocketFile === undefined
    ? undefined
    : new IpcServer({ path: ipcSocketFile, administration, logger });
}

/** What HTTP/2 takes as a header's value. */
const METADATA_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

/** @returns undefined when everyone may come in. */
async function admissionFor(
  { password: given, passwordFile }: Settings,
  { clock, logger }: ServerParts,
): Promise<Admission | undefined> {
  const password = passwordFile === undefined ? given : await readPasswordFile(passwordFile);
  if (password === undefined) {
    return undefined;
  }
  if (!METADATA_VALUE.test(password)) {
    logger.warn(
      'gRPC clients cannot send this password: use printable ASCII, without a blank at either end',
    );
  }
  return new PasswordAdmission({ password, clock, logger });
}

/** @returns undefined without TLS. */
function certificatesFor(
  settings: Settings,
  { clock, logger }: ServerParts,
): Certificates | undefined {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, clientCaFile } = settings;
  if (certFile === undefined || keyFile === undefined) {
    return undefined;
  }
  const authorities = clientCaFile === undefined ? 'system' : { file: clientCaFile };
  const clientAuthorities = verifiesClients(settings) ? authorities : undefined;
  return new CertificateFiles({ certFile, keyFile, clientAuthorities, clock, logger });
}

function tlsFrom(material: TlsMaterial): TlsOptions {
  // A client is asked for a certificate only if there is someone to vouch for it; then it is refused without.
  return {
    ...contextFrom(material),
    requestCert: material.ca !== undefined,
    rejectUnauthorized: true,
  };
}

function contextFrom({ cert, key, ca }: TlsMaterial): SecureContextOptions {
  return { cert, key, ca, minVersion: 'TLSv1.2' };
}

function once(act: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => {
    result ??= act();
    return result;
  };
}
