/** Why: what a client is made with, checked before anything is tried. */
import { hostname } from 'node:os';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { Owner } from '../proto/session-frames.js';
import { checkedText, checkedWords } from './checked-text.js';
import { InvalidArgumentError } from './ldlm-error.js';

/** PEM texts. */
export interface TlsOptions {
  /** The authorities that the server's certificate may come from; those of the machine unless given. */
  readonly ca?: string | Buffer;
  /** The client's own certificate and key, where the server asks for one. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** Takes whatever certificate the server shows: for tests alone. */
  readonly skipVerify?: boolean;
}

export interface LdlmClientOptions {
  /** `host:port` of each server, at least one; tried in this order. */
  readonly addresses: readonly string[];
  readonly password?: string;
  /** `true` for TLS with the machine's authorities; plain text unless given. */
  readonly tls?: TlsOptions | boolean;
  /** Single calls from the first on, as for servers that have no stream; what is lost by that docs/CLIENT.md says. */
  readonly unary?: boolean;
  /** Who this is, for operators. */
  readonly name?: string;
  /** More words about it, for operators; 1,024 characters in all. */
  readonly owner?: Owner;
  /**
   * How long what is held outlives a broken connection: 0 to the server's `--recovery_window_max`, whose value is taken
   * unless given.
   */
  readonly recoveryWindowMs?: number;
  /** How long one server may take to answer at first: 5,000 unless given. */
  readonly connectTimeoutMs?: number;
  /** How long a request goes on being tried while no server is reached: 30,000 unless given. */
  readonly unavailableTimeoutMs?: number;
  /** How long `close` waits for the server's word: 2,000 unless given. */
  readonly closeTimeoutMs?: number;
}

export interface CheckedOptions {
  readonly addresses: readonly string[];
  readonly credentials: ChannelCredentials;
  readonly password: string | undefined;
  readonly unary: boolean;
  readonly owner: Owner;
  readonly recoveryWindowMs: number | undefined;
  readonly connectTimeoutMs: number;
  readonly unavailableTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

/** A name, an IPv4 address, or an IPv6 address in brackets; then a port. */
const ADDRESS = /^(?:\[[^\]\s/]+\]|[^\s/:[\]]+):(\d{1,5})$/;
const PORT_MAX = 65_535;

/** What a header may hold. */
const PRINTABLE = /^[ -~]*$/;

/** A window is told in an unsigned number of 32 bits. */
const WINDOW_MS_MAX = 2 ** 32 - 1;

/** @throws InvalidArgumentError that names the option and what it takes. */
export function checkedOptions(options: LdlmClientOptions): CheckedOptions {
  const { addresses, password, recoveryWindowMs } = options;
  if (!Array.isArray(addresses) || addresses.length === 0) {
    throw new InvalidArgumentError(
      "addresses must name a server or more, such as ['localhost:3144']",
    );
  }
  for (const address of addresses) {
    const port = ADDRESS.exec(String(address))?.[1];
    if (port === undefined || Number(port) > PORT_MAX) {
      throw new InvalidArgumentError(
        `addresses are host:port each, which ${JSON.stringify(address)} is not`,
      );
    }
  }
  if (password !== undefined && !PRINTABLE.test(password)) {
    throw new InvalidArgumentError('password must be printable characters of ASCII');
  }
  return {
    addresses: [...addresses],
    credentials: credentialsFor(options.tls ?? false),
    password,
    unary: options.unary ?? false,
    owner: ownerFor(options),
    recoveryWindowMs:
      recoveryWindowMs === undefined
        ? undefined
        : time('recoveryWindowMs', recoveryWindowMs, { min: 0, max: WINDOW_MS_MAX }),
    connectTimeoutMs: time('connectTimeoutMs', options.connectTimeoutMs ?? 5_000),
    unavailableTimeoutMs: time('unavailableTimeoutMs', options.unavailableTimeoutMs ?? 30_000),
    closeTimeoutMs: time('closeTimeoutMs', options.closeTimeoutMs ?? 2_000),
  };
}

function time(
  option: string,
  ms: number,
  { min, max }: { readonly min: number; readonly max: number } = { min: 1, max: 2 ** 31 - 1 },
): number {
  if (typeof ms !== 'number' || !(ms >= min && ms <= max)) {
    throw new InvalidArgumentError(`${option} must be ${min} to ${max} milliseconds, not ${ms}`);
  }
  return Math.floor(ms);
}

function ownerFor({ name, owner }: LdlmClientOptions): Owner {
  return checkedWords('name and owner', {
    ...(name !== undefined && { name: checkedText('name', name) }),
    host: hostname(),
    pid: `${process.pid}`,
    ...owner,
  });
}

function credentialsFor(tls: TlsOptions | boolean): ChannelCredentials {
  if (tls === false) {
    return credentials.createInsecure();
  }
  const { ca, cert, key, skipVerify = false } = tls === true ? ({} as TlsOptions) : tls;
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidArgumentError('tls.cert and tls.key go together; give both or neither');
  }
  const bytes = (pem: string | Buffer | undefined) => (pem === undefined ? null : Buffer.from(pem));
  try {
    return credentials.createSsl(bytes(ca), bytes(key), bytes(cert), {
      rejectUnauthorized: !skipVerify,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidArgumentError(
      `tls.ca, tls.cert and tls.key must be texts in PEM form: ${reason}`,
    );
  }
}
