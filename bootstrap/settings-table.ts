/** Why: one row a setting, which flags, environment, files, help and docs/SETTINGS.md follow. */
import { defaultSocketPath } from '../adapters/inbound/ipc/default-socket-path.js';
import type { LogLevel } from '../ports/outbound/logger.js';
import type { ListenAddress } from './listen-address.js';
import * as kind from './setting-kind.js';

/** What the server is told before it starts. docs/SETTINGS.md says what each means. */
export interface Settings {
  readonly listenAddress: ListenAddress;
  readonly stateFile: string | undefined;
  /** Where leases are kept; undefined: in the state file, if one is given, and nowhere otherwise. */
  readonly stateStore: StateStoreChoice | undefined;
  readonly etcdEndpoints: readonly string[] | undefined;
  /** Under which all keys of this service stand in etcd. */
  readonly etcdPrefix: string;
  readonly etcdUser: string | undefined;
  readonly etcdPassword: string | undefined;
  /** Holds the password for etcd; given instead of it. */
  readonly etcdPasswordFile: string | undefined;
  readonly etcdTlsCaFile: string | undefined;
  readonly etcdTlsCertFile: string | undefined;
  readonly etcdTlsKeyFile: string | undefined;
  /** How long a leader that is gone is waited for before another server takes over. */
  readonly leaderTtlMs: number;
  /** How long each lease that is restored from the state store at the start lasts. */
  readonly defaultLockTimeoutMs: number;
  readonly keepLeasesOnDisconnect: boolean;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly idleCollectionIntervalMs: number;
  readonly idleMinMs: number;
  readonly shardCount: number;
  readonly nameBytesMax: number;
  readonly logLevel: LogLevel;
  /** Where `ldlm-lock` finds the server; undefined for no such socket. */
  readonly ipcSocketFile: string | undefined;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
  readonly clientCaFile: string | undefined;
  readonly clientCertVerify: boolean;
  readonly password: string | undefined;
  /** Holds the password; given instead of it. */
  readonly passwordFile: string | undefined;
  /** Whether operators may come in by the gRPC port. */
  readonly remoteAdmin: boolean;
  readonly restListenAddress: ListenAddress | undefined;
  readonly restSessionTimeoutMs: number;
  /** Where health and metrics are shown; undefined for nowhere. */
  readonly adminListenAddress: ListenAddress | undefined;
  /** Of each port. */
  readonly connectionsMax: number;
  readonly sessionsMax: number;
  readonly waitersPerLockMax: number;
  readonly waitersMax: number;
  readonly streamsPerConnectionMax: number;
  readonly messageBytesMax: number;
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  /** For the TLS handshake, and once more for the first bytes that follow. */
  readonly handshakeTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Of stream sessions. */
  readonly recoveryWindowMsMax: number;
  readonly sessionRequestsMax: number;
}

export type StateStoreChoice = 'memory' | 'journal' | 'etcd';

export interface Setting<Value> {
  /** Its long flag, its key in files and, in capitals after `LDLM_`, its environment variable. */
  readonly name: string;
  readonly letter?: string;
  readonly kind: kind.SettingKind<Value>;
  /** As it would be written in a file. */
  readonly default: string;
  /** The default in words, where it depends on the machine. */
  readonly defaultInWords?: string;
  readonly summary: string;
  /** Its value is never part of a message. */
  readonly isSecret?: true;
  /** An empty environment variable is as good as none, but for this setting. */
  readonly isSetByEmptyEnvironment?: true;
}

/** A setting of whatever type. */
export type AnySetting = Setting<unknown>;

const SECOND_MS = 1_000;
/** Node's timers reach 24.8 days; keepalive and collection wait no longer than 24. */
const TIMER_MS_MAX = 24 * 24 * 3_600 * SECOND_MS;
/** As long as a lease may be asked for on the wire: 2^31 - 1 seconds. */
const LEASE_MS_MAX = 2_147_483_647 * SECOND_MS;

/** A client that is gone for longer is gone. */
const RECOVERY_WINDOW_MS_MAX = 24 * 3_600 * SECOND_MS;

/** Nobody wants to wait for another leader for longer. */
const LEADER_TTL_MS_MAX = 3_600 * SECOND_MS;

const timer = kind.duration({ min: 1, max: TIMER_MS_MAX });

/** The rows, by the property that each sets, in the order of the help. */
export const settingsTable: { readonly [Property in keyof Settings]: Setting<Settings[Property]> } =
  {
    listenAddress: {
      name: 'listen_address',
      letter: 'l',
      kind: kind.listenAddress,
      default: 'localhost:3144',
      summary: 'where gRPC clients connect',
    },
    stateFile: {
      name: 'state_file',
      letter: 's',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: 'keeps leases over restarts',
    },
    stateStore: {
      name: 'state_store',
      kind: kind.optional(kind.oneOf<StateStoreChoice>(['memory', 'journal', 'etcd'])),
      default: '',
      defaultInWords: 'memory; journal with --state_file',
      summary: 'where leases are kept',
    },
    etcdEndpoints: {
      name: 'etcd_endpoints',
      kind: kind.optional(kind.endpoints),
      default: '',
      summary: 'members of the etcd that several servers share',
    },
    etcdPrefix: {
      name: 'etcd_prefix',
      kind: kind.keyPrefix,
      default: '/ldlm',
      summary: 'what all keys in etcd begin with',
    },
    etcdUser: {
      name: 'etcd_user',
      kind: kind.optional(kind.user),
      default: '',
      summary: 'whom etcd knows this server as',
    },
    etcdPassword: {
      name: 'etcd_password',
      kind: kind.optional(kind.password),
      default: '',
      summary: 'the password of that user',
      isSecret: true,
    },
    etcdPasswordFile: {
      name: 'etcd_password_file',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: 'file that holds it',
    },
    etcdTlsCaFile: {
      name: 'etcd_tls_ca',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: 'PEM file of the authority etcd must prove',
    },
    etcdTlsCertFile: {
      name: 'etcd_tls_cert',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: 'PEM file of the certificate shown to etcd',
    },
    etcdTlsKeyFile: {
      name: 'etcd_tls_key',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: "PEM file of that certificate's key",
    },
    leaderTtlMs: {
      name: 'leader_ttl',
      kind: kind.duration({ min: 2 * SECOND_MS, max: LEADER_TTL_MS_MAX, step: SECOND_MS }),
      default: '5s',
      summary: 'silence after which another server leads',
    },
    defaultLockTimeoutMs: {
      name: 'default_lock_timeout',
      letter: 'd',
      kind: kind.duration({ min: 1, max: LEASE_MS_MAX }),
      default: '10m',
      summary: 'how long restored leases last',
    },
    keepLeasesOnDisconnect: {
      name: 'no_clear_on_disconnect',
      letter: 'n',
      kind: kind.onOff,
      default: 'false',
      summary: 'leases outlive their connection',
    },
    keepaliveIntervalMs: {
      name: 'keepalive_interval',
      letter: 'k',
      kind: timer,
      default: '1m',
      summary: 'silence before a client is pinged',
    },
    keepaliveTimeoutMs: {
      name: 'keepalive_timeout',
      letter: 't',
      kind: timer,
      default: '10s',
      summary: 'wait for its answer',
    },
    idleCollectionIntervalMs: {
      name: 'lock_gc_interval',
      letter: 'g',
      kind: timer,
      default: '30m',
      summary: 'time between sweeps of idle locks',
    },
    idleMinMs: {
      name: 'lock_gc_min_idle',
      letter: 'm',
      kind: kind.duration({ min: 0, max: LEASE_MS_MAX }),
      default: '5m',
      summary: 'how long they were idle by then',
    },
    shardCount: {
      name: 'shards',
      kind: kind.wholeNumber({ min: 1, max: 65_536 }),
      default: '16',
      summary: 'parts of the lock table, swept one at a time',
    },
    nameBytesMax: {
      name: 'name_bytes_max',
      kind: kind.wholeNumber({ min: 1, max: 4_194_304 }),
      default: '65536',
      summary: 'longest name of a lock, in UTF-8',
    },
    logLevel: {
      name: 'log_level',
      letter: 'v',
      kind: kind.logLevel,
      default: 'info',
      summary: 'debug, info, warn or error',
    },
    ipcSocketFile: {
      name: 'ipc_socket_file',
      kind: kind.optional(kind.filePath),
      default: defaultSocketPath(),
      defaultInWords: '<tmpdir>/ldlm-ipc.sock',
      summary: "for ldlm-lock; '' for none",
      isSetByEmptyEnvironment: true,
    },
    tlsCertFile: {
      name: 'tls_cert',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: "PEM file of the server's certificate",
    },
    tlsKeyFile: {
      name: 'tls_key',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: "PEM file of the certificate's key",
    },
    clientCaFile: {
      name: 'client_ca',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: 'PEM file of the authority clients must prove',
    },
    clientCertVerify: {
      name: 'client_cert_verify',
      kind: kind.onOff,
      default: 'false',
      summary: 'clients must show a certificate',
    },
    password: {
      name: 'password',
      kind: kind.optional(kind.password),
      default: '',
      summary: 'what clients must know',
      isSecret: true,
    },
    passwordFile: {
      name: 'password_file',
      kind: kind.optional(kind.filePath),
      default: '',
      summary: 'file that holds the password',
    },
    remoteAdmin: {
      name: 'remote_admin',
      kind: kind.onOff,
      default: 'false',
      summary: 'clients may administer by gRPC',
    },
    restListenAddress: {
      name: 'rest_listen_address',
      letter: 'r',
      kind: kind.optional(kind.listenAddress),
      default: '',
      summary: 'where REST clients connect',
    },
    restSessionTimeoutMs: {
      name: 'rest_session_timeout',
      kind: kind.duration({ min: 1, max: LEASE_MS_MAX }),
      default: '10m',
      summary: 'idle time that ends a REST session',
    },
    adminListenAddress: {
      name: 'admin_listen_address',
      kind: kind.optional(kind.listenAddress),
      default: '',
      summary: 'where health, metrics and console are',
    },
    connectionsMax: {
      name: 'connections_max',
      kind: kind.wholeNumber({ min: 1, max: 1_000_000 }),
      default: '20000',
      summary: 'connections to each port at once',
    },
    sessionsMax: {
      name: 'sessions_max',
      kind: kind.wholeNumber({ min: 1, max: 10_000_000 }),
      default: '100000',
      summary: 'sessions at once',
    },
    waitersPerLockMax: {
      name: 'waiters_per_lock_max',
      kind: kind.wholeNumber({ min: 1, max: 10_000_000 }),
      default: '100000',
      summary: 'requests waiting for one lock',
    },
    waitersMax: {
      name: 'waiters_max',
      kind: kind.wholeNumber({ min: 1, max: 100_000_000 }),
      default: '1000000',
      summary: 'requests waiting for all locks together',
    },
    streamsPerConnectionMax: {
      name: 'streams_per_connection_max',
      kind: kind.wholeNumber({ min: 1, max: 10_000_000 }),
      default: '100000',
      summary: 'gRPC calls under way on a connection',
    },
    messageBytesMax: {
      name: 'message_bytes_max',
      kind: kind.wholeNumber({ min: 1_024, max: 67_108_864 }),
      default: '4194304',
      summary: 'longest gRPC message',
    },
    bodyBytesMax: {
      name: 'body_bytes_max',
      kind: kind.wholeNumber({ min: 1_024, max: 67_108_864 }),
      default: '1048576',
      summary: 'longest body of a REST request',
    },
    headerBytesMax: {
      name: 'header_bytes_max',
      kind: kind.wholeNumber({ min: 1_024, max: 1_048_576 }),
      default: '16384',
      summary: 'headers of a request together',
    },
    handshakeTimeoutMs: {
      name: 'handshake_timeout',
      kind: timer,
      default: '10s',
      summary: 'time to finish the TLS handshake, then to speak',
    },
    requestTimeoutMs: {
      name: 'request_timeout',
      kind: timer,
      default: '30s',
      summary: 'time for a request to arrive',
    },
    recoveryWindowMsMax: {
      name: 'recovery_window_max',
      kind: kind.duration({ min: 0, max: RECOVERY_WINDOW_MS_MAX }),
      default: '10s',
      summary: 'longest that a stream session outlives its stream',
    },
    sessionRequestsMax: {
      name: 'session_requests_max',
      kind: kind.wholeNumber({ min: 1, max: 10_000_000 }),
      default: '200000',
      summary: 'unanswered requests of a stream session',
    },
  };

/** Given by flag or environment only: a file names no other. */
export const configFileSetting: Setting<string | undefined> = {
  name: 'config_file',
  letter: 'c',
  kind: kind.optional(kind.filePath),
  default: '',
  summary: 'YAML or JSON file of settings',
};

/** Questions, answered instead of starting: flags only. */
export const helpSetting: Setting<boolean> = {
  name: 'help',
  letter: 'h',
  kind: kind.onOff,
  default: 'false',
  summary: 'print this',
};

export const versionSetting: Setting<boolean> = {
  name: 'version',
  kind: kind.onOff,
  default: 'false',
  summary: 'print the version',
};

/** Whether a flag of it may stand alone, for `true`. */
export function isSwitch(setting: AnySetting): boolean {
  return setting.kind === kind.onOff;
}

/** Per place, what may be given there. */
export const fileSettings: readonly AnySetting[] = Object.values(settingsTable);
export const environmentSettings: readonly AnySetting[] = [configFileSetting, ...fileSettings];
export const flagSettings: readonly AnySetting[] = [
  ...environmentSettings,
  helpSetting,
  versionSetting,
];
