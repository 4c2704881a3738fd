/** Why: what `ldlm-lock --help` prints: every command and option, and no more than fits a screen or two. */
import { visibleText } from './visible-text.js';

export function helpLines(defaultSocketPath: string): readonly string[] {
  return [
    'Shows who holds which lock of an ldlm server, takes locks away, and runs commands under a lock.',
    '',
    ...USAGE,
    '',
    ...COMMANDS,
    '',
    ...OPTIONS_OF_RUN,
    '',
    ...OPTIONS,
    '',
    'Where the server is, for all but run:',
    '  -s, --socket PATH    its socket on this machine, set there with --ipc_socket_file',
    '                       (environment: LDLM_IPC_SOCKET_FILE;',
    `                       default: ${visibleText(defaultSocketPath)})`,
    '  -a, --address HOST:PORT[,...]  instead: servers that run with --remote_admin, tried in turn',
    '      --password TEXT, --password_file FILE  what it asks for (or environment: LDLM_PASSWORD)',
    '      --use_tls, --skip_verify, --ca_file FILE, --tls_cert FILE, --tls_key FILE',
    '',
    'Exit status: 0 done, 1 refused or failed, 80 the command was not understood; run: that of COMMAND,',
    '128 and more if a signal ended it.',
  ];
}

const USAGE: readonly string[] = [
  'Usage: ldlm-lock list [--long | --json] [--watch] [FILTERS] [SERVER]',
  '       ldlm-lock show [--json] [SERVER] NAME',
  '       ldlm-lock sessions [--json] [SERVER]',
  '       ldlm-lock stats [--json] [SERVER]',
  '       ldlm-lock top [--interval SECONDS] [SERVER]',
  '       ldlm-lock unlock [SERVER] NAME [KEY | --all]',
  '       ldlm-lock kick [SERVER] SESSION',
  '       ldlm-lock run [OPTIONS] NAME -- COMMAND [ARGUMENT...]',
];

const COMMANDS: readonly string[] = [
  'Commands:',
  '  list                 print a line for each holder of a lock',
  '  show NAME            print who holds lock NAME, and who waits for it, in order',
  '  sessions             print who is there, and how much each holds and waits for',
  '  stats                print how much there is, and how much has happened',
  '  top                  show that, and the busiest locks, again and again; q quits',
  '  unlock NAME [KEY]    end the lease on lock NAME, whoever holds it, and pass the lock to the',
  '                       next in the queue; KEY says whose lease if several hold the lock',
  '  kick SESSION         end a session: what it holds passes on, what it waits for is refused',
  '',
  '  run NAME -- COMMAND  wait for lock NAME, run COMMAND, and release the lock when it has ended;',
  '                       LDLM_FENCING_TOKEN is in its environment; if the lock may be lost,',
  '                       COMMAND and all that it started gets SIGTERM, then SIGKILL, before that',
];

const OPTIONS_OF_RUN: readonly string[] = [
  'Options of run:',
  '  -a, --address HOST:PORT[,...]  the servers, tried in turn (default: localhost:3144)',
  '  -w, --wait DURATION            how long to wait (default: for ever; 0 for not at all)',
  '      --lease DURATION           how long the lock lasts unless renewed, which it is (default: 30s)',
  '      --size N                   how many may hold the lock at once (default: 1)',
  '      --grace DURATION           the time between SIGTERM and SIGKILL, at most (default: 5s)',
  '      --password_file FILE       what the server asks for (or environment: LDLM_PASSWORD)',
  '      --use_tls, --ca_file FILE, --tls_cert FILE, --tls_key FILE',
];

const OPTIONS: readonly string[] = [
  'Options of the others:',
  '  -l, --long           list: a table with fencing token, age, time left, session and waiters',
  '      --json           list, show, sessions, stats: all of it, for programs',
  '      --watch          list: go on with each change, until the server stops',
  '      --name PATTERN   list: locks of that name, in which * stands for any text',
  '      --prefix TEXT    list: locks whose names begin so',
  '      --session ID     list: what that session holds; its address:port does, too',
  '      --owner [WORD=]VALUE  list: what clients hold that tell that of themselves',
  '      --all            unlock: every lease that the lock has',
  '      --interval SECONDS  top: between two looks (default: 2)',
  '  -h, --help           print this',
  '      --version        print the version',
  '      --               what follows are names and keys, even if they begin with a dash',
];
