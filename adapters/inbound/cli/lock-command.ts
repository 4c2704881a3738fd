/** Why: the whole of `ldlm-lock` but for the process it runs in, so that specs can run it too. */
import type { Writable } from 'node:stream';
import type { RevokeRequest } from '../../../ports/inbound/administration.js';
import type { AdministrationClient } from './administration-client.js';
import { type Shell, SHELLS } from './completed-program.js';
import { type CommandLine, parseCommandLine, type ServerCommand } from './command-line.js';
import { helpLines } from './help-lines.js';
import { type Lines, writeLines } from './line-output.js';
import { listLines } from './list-command.js';
import { lockJson, lockLines } from './lock-view.js';
import { refusalToLine } from './refusal-to-line.js';
import { RunMisuse } from './run-command-line.js';
import type { RemoteAccess } from './server-place.js';
import { sessionJson, sessionLines } from './session-view.js';
import { statsJson, statsLines } from './stats-view.js';
import { runTop, type TopParts } from './top-command.js';
import { visibleText } from './visible-text.js';
import { printWatch } from './watch-command.js';

/** Where the server is, once nothing is left to be looked up. */
export type Place =
  | { readonly at: 'socket'; readonly path: string }
  | { readonly at: 'address'; readonly access: RemoteAccess };

export interface LockCommandOptions extends Pick<TopParts, 'takeScreen' | 'sleep'> {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Rejects with what to tell. */
  readonly connect: (place: Place) => AdministrationClient | Promise<AdministrationClient>;
  readonly defaultSocketPath: string;
  readonly version: string;
  /** What has that shell complete the words of all programs. */
  readonly completions: (shell: Shell) => string;
  /** Runs a command under a lock, given what follows `run`. @returns its exit status. Rejects with what to tell. */
  readonly run: (argv: readonly string[]) => Promise<number>;
}

/** What the process ends with; scripts may rely on these. */
export const EXIT_STATUS = { done: 0, failed: 1, misused: 80 } as const;

/** What a command has to say, and where. */
interface Outcome {
  readonly status: number;
  readonly lines: Lines;
}

/** Runs one command. @returns the exit status; does not reject. */
export async function runLockCommand(options: LockCommandOptions): Promise<number> {
  const { stderr, argv, run } = options;
  try {
    if (argv[0] === 'run' && !isAskedForHelp(argv)) {
      return await run(argv.slice(1));
    }
    if (argv[0] === 'completion' && !isAskedForHelp(argv)) {
      return await print(completionFor(argv.slice(1), options), options);
    }
    const parsed = parseCommandLine(argv);
    if (isForServer(parsed)) {
      return await ask(parsed, options);
    }
    return await print(answerTo(parsed, options), options);
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

function completionFor(
  [word, ...strays]: readonly string[],
  { completions }: LockCommandOptions,
): Outcome {
  const shell = SHELLS.find((each) => each === word);
  return shell === undefined || strays.length > 0
    ? misused(`expected the name of a shell: ldlm-lock completion ${SHELLS.join('|')}`)
    : done([completions(shell).trimEnd()]);
}

function isForServer(parsed: CommandLine): parsed is ServerCommand {
  return 'place' in parsed;
}

function answerTo(
  parsed: Exclude<CommandLine, ServerCommand>,
  { defaultSocketPath, version }: LockCommandOptions,
): Outcome {
  switch (parsed.command) {
    case 'help':
      return done(helpLines(defaultSocketPath));
    case 'version':
      return done([`ldlm-lock ${version}`]);
    case 'misused':
      return misused(parsed.problem);
  }
}

async function ask(command: ServerCommand, options: LockCommandOptions): Promise<number> {
  const client = await options.connect(placeOf(command, options));
  try {
    if (command.command === 'top') {
      await runTop(command.intervalMs, { ...options, client });
      return EXIT_STATUS.done;
    }
    if (command.command === 'list' && command.isWatching) {
      const { filter, form } = command;
      const order = { filter, form: form === 'json' ? form : ('lines' as const) };
      const hasStopped = await printWatch(client, order, options.stdout);
      return hasStopped
        ? await print(refused(refusalToLine('server-stopping')), options)
        : EXIT_STATUS.done;
    }
    return await print(await perform(command, client), options);
  } finally {
    client.close();
  }
}

async function print(
  { status, lines }: Outcome,
  { stdout, stderr }: LockCommandOptions,
): Promise<number> {
  await writeLines(status === EXIT_STATUS.done ? stdout : stderr, lines);
  return status;
}

function placeOf(
  { place }: ServerCommand,
  { environment, defaultSocketPath }: LockCommandOptions,
): Place {
  if (place.at === 'address') {
    return place;
  }
  // An empty variable is as good as none.
  const named = place.path ?? (environment.LDLM_IPC_SOCKET_FILE || undefined);
  return { at: 'socket', path: named ?? defaultSocketPath };
}

async function perform(
  command: Exclude<ServerCommand, { command: 'top' }>,
  client: AdministrationClient,
): Promise<Outcome> {
  switch (command.command) {
    case 'list':
      return done(listLines(client, command));
    case 'show':
      return show(client, command);
    case 'sessions':
      return done((command.isJson ? sessionJson : sessionLines)(client.sessions()));
    case 'stats':
      return done((command.isJson ? statsJson : statsLines)(await client.stats()));
    case 'unlock':
      return unlock(client, command);
    case 'unlock-all': {
      const answer = await client.unlockAll(command.name);
      return answer.kind === 'refused'
        ? refused(refusalToLine(answer.code))
        : done([`Unlocked: ${visibleText(command.name)}, ${counted(answer.count, 'lease')}`]);
    }
    case 'kick': {
      const answer = await client.kick(command.session);
      if (answer.kind === 'refused') {
        return refused(
          answer.code === 'session-unknown'
            ? 'there is no such session: give its id, as ldlm-lock sessions shows it'
            : refusalToLine(answer.code),
        );
      }
      const { session, leaseCount, waiterCount } = answer;
      const ended = `${counted(leaseCount, 'lease')} ended, ${counted(waiterCount, 'waiter')} refused`;
      return done([`Ended: ${visibleText(session)}, ${ended}`]);
    }
  }
}

async function show(
  client: AdministrationClient,
  { name, isJson }: { readonly name: string; readonly isJson: boolean },
): Promise<Outcome> {
  const parts = client.lock(name)[Symbol.asyncIterator]();
  const first = await parts.next();
  if (first.done || first.value.kind !== 'lock') {
    return refused(refusalToLine('lock-unknown'));
  }
  const { lock, now } = first.value;
  const view = { lock, now, parts: { [Symbol.asyncIterator]: () => parts } };
  return done(isJson ? lockJson(view) : lockLines(view));
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
  let holderCount = 0;
  for await (const { holders } of client.holders({ name })) {
    holderCount += holders.length;
  }
  return refused(
    holderCount > 1
      ? `the lock has ${holderCount} holders: give the key of one, as ldlm-lock list shows it`
      : refusalToLine(answer.code),
  );
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function done(lines: Lines): Outcome {
  return { status: EXIT_STATUS.done, lines };
}

function misused(problem: string): Outcome {
  const line = `ldlm-lock: error: ${visibleText(problem)}; see ldlm-lock --help`;
  return { status: EXIT_STATUS.misused, lines: [line] };
}

function refused(line: string): Outcome {
  return { status: EXIT_STATUS.failed, lines: [line] };
}
