/** Why: the whole of `ldlm-lock` but for the process it runs in, so that specs can run it too. */
import type { Writable } from 'node:stream';
import type { HolderDescription } from '../../../domain/descriptions.js';
import type { RevokeRequest } from '../../../ports/inbound/administration.js';
import type { AdministrationClient } from './administration-client.js';
import { type ListForm, parseCommandLine } from './command-line.js';
import { holderJson } from './holder-json.js';
import { holderLines } from './holder-lines.js';
import { holderTable } from './holder-table.js';
import { writeLines } from './line-output.js';
import { refusalToLine } from './refusal-to-line.js';
import { RunMisuse } from './run-command-line.js';
import { visibleText } from './visible-text.js';

export interface LockCommandOptions {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly connect: (socketPath: string) => AdministrationClient;
  readonly defaultSocketPath: string;
  readonly version: string;
  /** Runs a command under a lock, given what follows `run`. @returns its exit status. Rejects with what to tell. */
  readonly run: (argv: readonly string[]) => Promise<number>;
}

/** What the process ends with; scripts may rely on these. */
export const EXIT_STATUS = { done: 0, failed: 1, misused: 80 } as const;

/** What a command has to say, and where. */
interface Outcome {
  readonly status: number;
  readonly lines: Iterable<string>;
}

/** Runs one command. @returns the exit status; does not reject. */
export async function runLockCommand(options: LockCommandOptions): Promise<number> {
  const { stdout, stderr, argv, run } = options;
  try {
    if (argv[0] === 'run' && !isAskedForHelp(argv)) {
      return await run(argv.slice(1));
    }
    const { status, lines } = await perform(options);
    await writeLines(status === EXIT_STATUS.done ? stdout : stderr, lines);
    return status;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RunMisuse) {
      const line = `ldlm-lock: error: ${visibleText(message)}; see ldlm-lock --help`;
      await writeLines(stderr, [line]).catch(() => undefined);
      return EXIT_STATUS.misused;
    }
    // With stderr gone too, nobody is left to tell.
    await writeLines(stderr, [`ldlm-lock: error: ${visibleText(message)}`]).catch(() => undefined);
    return EXIT_STATUS.failed;
  }
}

/** What follows `--` is another's. */
function isAskedForHelp(argv: readonly string[]): boolean {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  return own.some((word) => ['-h', '--help', '-help'].includes(word));
}

async function perform(options: LockCommandOptions): Promise<Outcome> {
  const { argv, environment, connect, defaultSocketPath, version } = options;
  const parsed = parseCommandLine(argv);
  switch (parsed.command) {
    case 'help':
      return done(helpLines(defaultSocketPath));
    case 'version':
      return done([`ldlm-lock ${version}`]);
    case 'misused':
      return {
        status: EXIT_STATUS.misused,
        lines: [`ldlm-lock: error: ${visibleText(parsed.problem)}; see ldlm-lock --help`],
      };
    case 'list':
    case 'unlock': {
      // An empty variable is as good as none.
      const named = parsed.socketPath ?? (environment.LDLM_IPC_SOCKET_FILE || undefined);
      const client = connect(named ?? defaultSocketPath);
      return parsed.command === 'list' ? list(client, parsed.form) : unlock(client, parsed);
    }
  }
}

async function list(client: AdministrationClient, form: ListForm): Promise<Outcome> {
  const { holders, now } = await client.list();
  const sorted = holders.toSorted(byNameThenToken);
  switch (form) {
    case 'json':
      return done(holderJson({ holders: sorted, now }));
    case 'table':
    case 'lines':
      if (sorted.length === 0) {
        return done(['No locks found']);
      }
      return done(form === 'table' ? holderTable({ holders: sorted, now }) : holderLines(sorted));
  }
}

async function unlock(
  client: AdministrationClient,
  { name, key }: RevokeRequest,
): Promise<Outcome> {
  const answer = await client.unlock({ name, ...(key !== undefined && { key }) });
  if (answer.kind === 'revoked') {
    return done([`Unlocked: ${visibleText(name)}`]);
  }
  if (answer.code !== 'key-needed') {
    return refused(refusalToLine(answer.code));
  }
  const { holders } = await client.list(name);
  return refused(
    holders.length > 1
      ? `the lock has ${holders.length} holders: give the key of one, as ldlm-lock list shows it`
      : refusalToLine(answer.code),
  );
}

function done(lines: Iterable<string>): Outcome {
  return { status: EXIT_STATUS.done, lines };
}

function refused(line: string): Outcome {
  return { status: EXIT_STATUS.failed, lines: [line] };
}

/** By UTF-16 code units: the same order on every machine. */
function byNameThenToken(one: HolderDescription, other: HolderDescription): number {
  if (one.name !== other.name) {
    return one.name < other.name ? -1 : 1;
  }
  return one.fencingToken - other.fencingToken;
}

function helpLines(defaultSocketPath: string): readonly string[] {
  return [
    'Shows who holds which lock of the ldlm server on this machine, and takes locks away;',
    'runs commands under a lock of any server.',
    '',
    'Usage: ldlm-lock list [--long | --json] [--socket PATH]',
    '       ldlm-lock unlock [--socket PATH] NAME [KEY]',
    '       ldlm-lock run [OPTIONS] NAME -- COMMAND [ARGUMENT...]',
    '',
    'Commands:',
    '  list                 print a line for each holder of a lock',
    '  unlock NAME [KEY]    end the lease on lock NAME, whoever holds it, and pass the lock to the',
    '                       next in the queue; KEY says whose lease if several hold the lock',
    '',
    '  run NAME -- COMMAND  wait for lock NAME, run COMMAND, and release the lock when it has ended;',
    '                       LDLM_FENCING_TOKEN is in its environment; if the lock may be lost,',
    '                       COMMAND and all that it started gets SIGTERM, then SIGKILL, before that',
    '',
    'Options of run:',
    '  -a, --address HOST:PORT[,...]  the servers, tried in turn (default: localhost:3144)',
    '  -w, --wait DURATION            how long to wait (default: for ever; 0 for not at all)',
    '      --lease DURATION           how long the lock lasts unless renewed, which it is (default: 30s)',
    '      --size N                   how many may hold the lock at once (default: 1)',
    '      --grace DURATION           the time between SIGTERM and SIGKILL, at most (default: 5s)',
    '      --password_file FILE       what the server asks for (or environment: LDLM_PASSWORD)',
    '      --use_tls, --ca_file FILE, --tls_cert FILE, --tls_key FILE',
    '',
    'Options of list and unlock:',
    '  -l, --long           list: a table with fencing token, age, time left, session and waiters',
    '      --json           list: all of that as one JSON array',
    '  -s, --socket PATH    the socket of the server, set there with --ipc_socket_file',
    '                       (environment: LDLM_IPC_SOCKET_FILE;',
    `                       default: ${visibleText(defaultSocketPath)})`,
    '  -h, --help           print this',
    '      --version        print the version',
    '      --               what follows are names and keys, even if they begin with a dash',
    '',
    'Exit status: 0 done, 1 refused or failed, 80 the command was not understood; run: that of COMMAND,',
    '128 and more if a signal ended it.',
  ];
}
