/** Why: `ldlm-lock run`: what stands before the `--` is about the lock, and what follows is somebody else's command. */
import { parseArgs } from 'node:util';
import { problemOfAddresses } from './server-addresses.js';

/** How the server is reached, and what it wants to see. */
export interface ServerAccess {
  readonly addresses: readonly string[];
  readonly passwordFile: string | undefined;
  readonly useTls: boolean;
  readonly caFile: string | undefined;
  readonly tlsCertFile: string | undefined;
  readonly tlsKeyFile: string | undefined;
}

export interface RunCommandLine extends ServerAccess {
  readonly name: string;
  readonly size: number;
  /** undefined: as long as it takes; 0: not at all. */
  readonly waitMs: number | undefined;
  readonly leaseMs: number;
  /** How long the command has between SIGTERM and SIGKILL, at most. */
  readonly graceMs: number;
  /** The command and its arguments, at least the former. */
  readonly command: readonly [string, ...string[]];
}

export const RUN_OPTIONS = {
  address: { type: 'string', short: 'a' },
  size: { type: 'string' },
  wait: { type: 'string', short: 'w' },
  lease: { type: 'string' },
  grace: { type: 'string' },
  password_file: { type: 'string' },
  use_tls: { type: 'boolean' },
  ca_file: { type: 'string' },
  tls_cert: { type: 'string' },
  tls_key: { type: 'string' },
} as const;

const USAGE = 'ldlm-lock run [OPTIONS] NAME -- COMMAND [ARGUMENT...]';
const DEFAULT_ADDRESS = 'localhost:3144';
const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_GRACE_MS = 5_000;
/** The shortest lease that leaves time to end a command. */
const LEASE_MS_MIN = 1_000;

/** What is wrong with a command line, in a sentence. */
export class RunMisuse extends Error {
  override readonly name = 'RunMisuse';
}

/**
 * @param argv what follows `run`. @param parseDuration milliseconds of a text such as 10s; undefined for none.
 * @throws RunMisuse
 */
export function parseRunCommandLine(
  argv: readonly string[],
  parseDuration: (text: string) => number | undefined,
): RunCommandLine {
  const dashes = argv.indexOf('--');
  const [program, ...programArguments] = dashes === -1 ? [] : argv.slice(dashes + 1);
  if (program === undefined) {
    throw new RunMisuse(`expected -- and a command: ${USAGE}`);
  }
  const { values, name } = valuesIn(argv.slice(0, dashes));
  const duration = (option: 'wait' | 'lease' | 'grace', minMs: number): number | undefined => {
    const text = values[option];
    const ms = text === undefined ? undefined : parseDuration(text);
    if (text !== undefined && (ms === undefined || ms < minMs)) {
      throw new RunMisuse(
        `--${option} must be a duration of ${minMs} ms or more, such as 30s or 5m`,
      );
    }
    return ms;
  };
  const size = Number(values.size ?? '1');
  if (!/^[1-9]\d{0,9}$/.test(values.size ?? '1') || size > 2_147_483_647) {
    throw new RunMisuse('--size must be a whole number from 1 to 2147483647');
  }
  const address = values.address ?? DEFAULT_ADDRESS;
  const problem = problemOfAddresses(address);
  if (problem !== undefined) {
    throw new RunMisuse(problem);
  }
  return {
    name,
    size,
    waitMs: duration('wait', 0),
    leaseMs: duration('lease', LEASE_MS_MIN) ?? DEFAULT_LEASE_MS,
    graceMs: duration('grace', 0) ?? DEFAULT_GRACE_MS,
    addresses: address.split(','),
    passwordFile: values.password_file,
    useTls: values.use_tls ?? false,
    caFile: values.ca_file,
    tlsCertFile: values.tls_cert,
    tlsKeyFile: values.tls_key,
    command: [program, ...programArguments],
  };
}

function valuesIn(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: RUN_OPTIONS,
      allowPositionals: true,
    });
    const [name, stray] = positionals;
    if (name === undefined || name === '') {
      throw new RunMisuse(`expected the name of a lock: ${USAGE}`);
    }
    if (stray !== undefined) {
      throw new RunMisuse(
        `unexpected argument ${JSON.stringify(stray)}: put -- before the command`,
      );
    }
    return { values, name };
  } catch (error) {
    throw error instanceof RunMisuse ? error : new RunMisuse((error as Error).message);
  }
}
