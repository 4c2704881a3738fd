/** Why: what `ldlm-stress` is told to do: the words that the Go server's tool of that name takes, and more. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { LdlmClientOptions } from '../ldlm-client.js';

export interface StressOptions {
  readonly client: LdlmClientOptions;
  readonly clientCount: number;
  readonly lockCount: number;
  /** The longest that a lock is held. */
  readonly holdMsMax: number;
  /** The longest that one is waited for. */
  readonly waitMsMax: number;
  /** Sizes are 1 to this, each name with one of them. */
  readonly sizeMax: number;
  /** How often, of a thousand turns, a client breaks its connection. */
  readonly disconnectsPerMille: number;
  /** Names change every so often; undefined: they stay. */
  readonly renamedEveryMs: number | undefined;
  /** undefined: until it is told to stop. */
  readonly forMs: number | undefined;
  readonly seed: number;
}

export type StressCommand =
  | { readonly kind: 'run'; readonly options: StressOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misused'; readonly problem: string };

/** As `parseArgs` of Node takes them. */
export const STRESS_OPTIONS = {
  address: { type: 'string', short: 'a', default: 'localhost:3144' },
  num_clients: { type: 'string', short: 'c', default: '80' },
  num_locks: { type: 'string', short: 'l', default: '24' },
  sleep_for_max_seconds: { type: 'string', short: 's', default: '10' },
  randomize_names: { type: 'boolean', short: 'r', default: false },
  randomize_interval: { type: 'string', short: 'i', default: '7s' },
  password: { type: 'string', default: '' },
  use_tls: { type: 'boolean', default: false },
  skip_verify: { type: 'boolean', default: false },
  ca_file: { type: 'string', default: '' },
  tls_cert: { type: 'string', default: '' },
  tls_key: { type: 'string', default: '' },
  for: { type: 'string', default: '' },
  wait_max_seconds: { type: 'string', default: '10' },
  size_max: { type: 'string', default: '3' },
  disconnects_per_mille: { type: 'string', default: '5' },
  unary: { type: 'boolean', default: false },
  seed: { type: 'string', default: '' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const HELP = `Locks and unlocks by many clients at once, and checks from their side that no
lock is held by more than may and that fencing tokens grow. It goes on until it
is stopped (Ctrl-C) or the time given is over. Its locks have names of its own,
which begin with stress/.

Usage: ldlm-stress [OPTIONS]

  -a, --address HOST:PORT[,...]      the servers, tried in turn (localhost:3144)
  -c, --num_clients N                clients, each with a connection of its own
                                     (80)
  -l, --num_locks N                  names that they lock (24)
  -s, --sleep_for_max_seconds N      the longest that a lock is held, fractions
                                     too (10)
      --wait_max_seconds N           the longest that one is waited for,
                                     fractions too (10)
      --size_max N                   names have sizes from 1 to this (3)
  -r, --randomize_names              names change now and then ...
  -i, --randomize_interval DURATION  ... every so often (7s)
      --disconnects_per_mille N      of a thousand turns, so many break the
                                     connection (5)
      --for DURATION                 how long it goes on, such as 30s or 5m
                                     (until it is stopped)
      --unary                        single calls in place of the session stream
      --seed N                       chooses the same turns again (the clock's)
      --password TEXT                what the server asks for (or environment:
                                     LDLM_PASSWORD)
      --use_tls, --skip_verify, --ca_file FILE, --tls_cert FILE, --tls_key FILE
  -h, --help                         print this

Exit status: 0 nothing was wrong, 1 a rule was broken or nothing could be
locked, 80 the words were not understood.
`;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Does not throw, whatever it is given. */
export function parseStressOptions(
  args: string[],
  environment: Readonly<Record<string, string | undefined>>,
  now: number,
): StressCommand {
  try {
    const { values } = parseArgs({ args, options: STRESS_OPTIONS });
    if (values.help) {
      return { kind: 'help', text: HELP };
    }
    const seed = values.seed === '' ? Math.trunc(now) % 1_000_000 : count('seed', values.seed, 0);
    return {
      kind: 'run',
      options: {
        client: {
          addresses: values.address.split(','),
          name: 'ldlm-stress',
          unary: values.unary,
          ...passwordOf(values.password || environment.LDLM_PASSWORD),
          ...tlsOf(values),
        },
        clientCount: count('num_clients', values.num_clients, 1),
        lockCount: count('num_locks', values.num_locks, 1),
        holdMsMax: seconds('sleep_for_max_seconds', values.sleep_for_max_seconds),
        waitMsMax: seconds('wait_max_seconds', values.wait_max_seconds),
        sizeMax: count('size_max', values.size_max, 1),
        disconnectsPerMille: count('disconnects_per_mille', values.disconnects_per_mille, 0),
        renamedEveryMs: values.randomize_names
          ? duration('randomize_interval', values.randomize_interval)
          : undefined,
        forMs: values.for === '' ? undefined : duration('for', values.for),
        seed,
      },
    };
  } catch (error) {
    return { kind: 'misused', problem: error instanceof Error ? error.message : String(error) };
  }
}

function passwordOf(password: string | undefined): Pick<LdlmClientOptions, 'password'> {
  return password ? { password } : {};
}

function tlsOf(given: {
  readonly use_tls: boolean;
  readonly skip_verify: boolean;
  readonly ca_file: string;
  readonly tls_cert: string;
  readonly tls_key: string;
}): Pick<LdlmClientOptions, 'tls'> {
  const { use_tls, skip_verify, ca_file, tls_cert, tls_key } = given;
  if (!use_tls && !skip_verify && ca_file + tls_cert + tls_key === '') {
    return {};
  }
  return {
    tls: {
      skipVerify: skip_verify,
      ...(ca_file !== '' && { ca: readFileSync(ca_file) }),
      ...(tls_cert !== '' && { cert: readFileSync(tls_cert) }),
      ...(tls_key !== '' && { key: readFileSync(tls_key) }),
    },
  };
}

function count(name: string, text: string, min: number): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < min) {
    throw new Error(`--${name} must be a whole number, ${min} or more`);
  }
  return Number(text);
}

function seconds(name: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) {
    throw new Error(`--${name} must be a number of seconds, such as 10 or 0.5`);
  }
  return Number(text) * 1_000;
}

function duration(name: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  if (!(ms >= 1)) {
    throw new Error(`--${name} must be a duration such as 500ms, 7s, 10m or 1h`);
  }
  return ms;
}
