/** Why: where adapters meet ports. Read this first to see the whole server on one page. */
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import { GrpcServer } from '../adapters/inbound/grpc/grpc-server.js';
import { IpcServer } from '../adapters/inbound/ipc/ipc-server.js';
import { RestServer } from '../adapters/inbound/rest/rest-server.js';
import { CertificateFiles } from '../adapters/outbound/certificates/certificate-files.js';
import { SystemClock } from '../adapters/outbound/clock/system-clock.js';
import { PasswordAdmission } from '../adapters/outbound/credentials/password-admission.js';
import { JournalStateStore } from '../adapters/outbound/journal/journal-state-store.js';
import { RandomKeySource } from '../adapters/outbound/keys/random-key-source.js';
import { BunyanLogger } from '../adapters/outbound/logging/bunyan-logger.js';
import { MemoryStateStore } from '../adapters/outbound/memory/memory-state-store.js';
import { MeasuredStateStore } from '../adapters/outbound/metrics/measured-state-store.js';
import { OpenTelemetryTracing } from '../adapters/outbound/tracing/open-telemetry-tracing.js';
import { LockService } from '../domain/lock-service.js';
import type { Administration } from '../ports/inbound/administration.js';
import type { Admission } from '../ports/inbound/admission.js';
import type { Locking } from '../ports/inbound/locking.js';
import type { ServerStatus } from '../ports/inbound/server-status.js';
import type { Certificates, TlsMaterial } from '../ports/outbound/certificates.js';
import type { Clock } from '../ports/outbound/clock.js';
import type { KeySource } from '../ports/outbound/key-source.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { Metrics, ServerCensus } from '../ports/outbound/metrics.js';
import type { StateStore } from '../ports/outbound/state-store.js';
import type { Tracing } from '../ports/outbound/tracing.js';
import { Candidate } from './candidate.js';
import { PROGRAM_VERSION } from './program-version.js';
import type { RunningServer } from './running-server.js';
import { serverPassword } from './server-password.js';
import { defaultSettings, type Settings } from './settings.js';
import { stateStoreOf, verifiesClients } from './settings-agreement.js';

export type { Candidate } from './candidate.js';
export type { RunningServer } from './running-server.js';
export type { Settings } from './settings.js';

/** How long answers under way may take to leave once the server stops. */
const GRACE_MS = 2_000;

const HAND_OVER_GRACE_MS = 500;

/** Any outbound adapter may be the caller's own; see docs/ADAPTERS.md. */
export interface ServerParts {
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly logger: Logger;
  readonly store: StateStore;
  /** Where what the server does is counted; nowhere unless given. */
  readonly metrics?: Metrics;
}

export interface ServerOptions {
  /**
   * What differs from the defaults of docs/SETTINGS.md. A server inside another program has no
   * administration socket unless `ipcSocketFile` is given.
   */
  readonly settings?: Partial<Settings>;
  readonly parts?: Partial<ServerParts>;
}

export interface CandidateOptions extends ServerOptions {
  /** Told of each change of how it stands, from within that change; must not throw. */
  readonly onStatus?: (status: ServerStatus) => void;
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
  const traces = OpenTelemetryTracing.find({ version: PROGRAM_VERSION, logger });
  const store = traces?.traceStore(parts.store) ?? parts.store;
  const service = await serviceFor(settings, { ...parts, store }, reportFailure);
  const locking = traces?.traceLocking(service) ?? service;
  const tls = material && tlsFrom(material);
  const door = { locking, logger, tracing: traces?.requests, admission, tls };
  const administration = settings.remoteAdmin ? service.administration : undefined;
  const ipc = ipcFor(settings, service.administration, logger);
  const grpc = grpcFor(settings, { ...door, administration });
  const rest = restFor(settings, door);
  const census = (): ServerCensus => ({
    ...service.census,
    connections: {
      grpc: grpc.connectionCount,
      rest: rest?.connectionCount ?? 0,
      ipc: ipc?.connectionCount ?? 0,
    },
  });
  const endWatch = parts.metrics?.watch(census);
  failure.then(
    () => grpc.stopServing(),
    () => undefined,
  );
  const stop = once(async () => {
    certificates?.close();
    grpc.stopServing();
    await service.drain();
    // Another server waits for the place in a store that several share.
    const graceMs = parts.store.term === undefined ? GRACE_MS : HAND_OVER_GRACE_MS;
    await Promise.all([grpc.close(graceMs), rest?.close(graceMs), ipc?.close()]);
    endWatch?.();
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
    const ports = { locking, administration: service.administration };
    return { grpcAddress, restAddress, ...ports, failure, reload, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Makes this process one of several servers that share an etcd: it stands by, and serves while it leads.
 * @throws RangeError for settings out of bounds, PasswordFileError, CertificateError, SettingError. What fails later is in
 * `failure` of what it gives.
 */
export async function startCandidate(options: CandidateOptions = {}): Promise<Candidate> {
  const settings = defaultSettings({ ipcSocketFile: undefined, ...options.settings });
  const { logger = defaultLogger(settings), clock = new SystemClock() } = options.parts ?? {};
  // What it needs to serve is found wanting now, rather than when it is to take over.
  const parts = partsFor(settings, {
    ...options.parts,
    logger,
    clock,
    store: new MemoryStateStore(),
  });
  await admissionFor(settings, parts);
  await certificatesFor(settings, parts)?.load();
  // Its libraries take time and memory that a server without etcd is spared.
  const { etcdElection } = await import('./etcd-election.js');
  const election = await etcdElection(settings, { clock, logger });
  const serve = (store: StateStore) =>
    startServer({ settings, parts: { ...options.parts, logger, clock, store } });
  return new Candidate({ election, clock, logger, serve, onStatus: options.onStatus });
}

function partsFor(settings: Settings, given: Partial<ServerParts> = {}): ServerParts {
  const logger = given.logger ?? defaultLogger(settings);
  const clock = given.clock ?? new SystemClock();
  const { metrics } = given;
  const kept = given.store ?? journalFor(settings, logger, metrics);
  return {
    logger,
    clock,
    keys: given.keys ?? new RandomKeySource(),
    // What keeps nothing has nothing to measure.
    store: (kept && measured(kept, metrics, clock)) ?? new MemoryStateStore(),
    ...(metrics && { metrics }),
  };
}

function defaultLogger({ logLevel }: Settings): Logger {
  return new BunyanLogger({ level: logLevel, output: process.stderr });
}

/** @returns undefined when nothing is to be kept. */
function journalFor(
  settings: Settings,
  logger: Logger,
  metrics: Metrics | undefined,
): StateStore | undefined {
  if (stateStoreOf(settings) === 'etcd') {
    throw new RangeError('a server that shares etcd with others is started by startCandidate');
  }
  const { stateFile: file } = settings;
  return file === undefined
    ? undefined
    : new JournalStateStore({ file, logger, metrics: metrics?.journal });
}

function measured(store: StateStore, metrics: Metrics | undefined, clock: Clock): StateStore {
  return metrics === undefined
    ? store
    : new MeasuredStateStore({ store, metrics: metrics.store, now: () => clock.now() });
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
    tally: parts.metrics?.tally,
    about: {
      version: PROGRAM_VERSION,
      role: () => (parts.store.term === undefined ? 'single' : 'leader'),
    },
    onFailure,
  });
}

/** What the doors for programs have in common. */
interface Door {
  readonly locking: Locking;
  readonly logger: Logger;
  /** undefined: nobody follows requests. */
  readonly tracing: Tracing | undefined;
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
  settings: Settings,
  { clock, logger }: ServerParts,
): Promise<Admission | undefined> {
  const password = await serverPassword(settings);
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
