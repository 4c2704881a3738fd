#!/usr/bin/env node
/** Why: the server as a program: settings in, signals and failures handled, one clear line for whatever goes wrong. */
import { readFileSync } from 'node:fs';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { SystemClock } from '../adapters/outbound/clock/system-clock.js';
import { BunyanLogger } from '../adapters/outbound/logging/bunyan-logger.js';
import { SystemdSupervisor } from '../adapters/outbound/systemd/systemd-supervisor.js';
import type { Administration } from '../ports/inbound/administration.js';
import type { ServerStatus } from '../ports/inbound/server-status.js';
import type { Supervisor } from '../ports/outbound/supervisor.js';
import { openAdminAddress } from './admin-address.js';
import { type ServerParts, startCandidate, startServer } from './compose.js';
import { readSettings, type Settings } from './settings.js';
import { stateStoreOf } from './settings-agreement.js';

/** An orderly stop takes no longer; what has not ended by then is cut. */
const STOP_MS_MAX = 4_500;

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT'];

async function main(): Promise<void> {
  // On Linux and macOS this takes the place of the command line, which may hold the password.
  process.title = 'ldlm-server';
  // The library's own lines show headers whole, and one of them may be the password.
  setLogVerbosity(logVerbosity.NONE);
  const read = readSettings({
    argv: process.argv.slice(2),
    environment: process.env,
    readFile: (file) => readFileSync(file, 'utf8'),
  });
  switch (read.kind) {
    case 'help':
    case 'version':
      process.stdout.write(read.text);
      return;
    case 'invalid':
      refuse(read.message);
      return;
    case 'settings':
      await serve(read.settings, read.warnings);
      return;
    default:
      read satisfies never;
  }
}

async function serve(settings: Settings, warnings: readonly string[]): Promise<void> {
  const logger = new BunyanLogger({ level: settings.logLevel, output: process.stderr });
  for (const warning of warnings) {
    logger.warn(warning);
  }
  const { env: environment, pid } = process;
  const supervisor = SystemdSupervisor.find({ environment, pid, clock: new SystemClock(), logger });
  const parts = { logger, supervisor };
  let service: Service | undefined;
  stopOnSignals(parts, () => service);
  reloadOnSignal(parts, () => service);
  try {
    const begin = stateStoreOf(settings) === 'etcd' ? standForElection : serveAlone;
    const status = () => service?.status() ?? { role: 'starting' };
    const administration = () => service?.administration();
    const admin = await openAdminAddress({ settings, logger, status, administration });
    const begun = await begin(settings, { ...parts, ...(admin && { metrics: admin.metrics }) });
    service = {
      ...begun,
      stop: async () => {
        await begun.stop();
        await admin?.close();
      },
    };
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
    process.exit();
  }
  const failure = await service.failure;
  supervisor?.stopping();
  logger.error(service.lastWords, {
    reason: failure instanceof Error ? failure.message : String(failure),
  });
  await within(STOP_MS_MAX, service.stop());
  process.exit(1);
}

/** What is the process's, over all that it runs. */
interface OwnParts extends Pick<ServerParts, 'logger' | 'metrics'> {
  /** undefined: nobody watches over this process, or does not ask how it stands. */
  readonly supervisor: Supervisor | undefined;
}

/** What this process runs, alone or as one of several. */
interface Service {
  status(): ServerStatus;
  /** Of the server that it runs at this moment, if there is one. */
  administration(): Administration | undefined;
  readonly failure: Promise<unknown>;
  /** What it means that it failed. */
  readonly lastWords: string;
  reload(): Promise<void>;
  stop(): Promise<void>;
}

async function serveAlone(
  settings: Settings,
  { supervisor, ...parts }: OwnParts,
): Promise<Service> {
  const server = await startServer({ settings, parts });
  supervisor?.ready('Serves clients');
  let role: ServerStatus['role'] = 'leader';
  return {
    ...server,
    lastWords: 'The server stops: it can no longer vouch for its state',
    status: () => ({ role }),
    administration: () => server.administration,
    stop: () => {
      role = 'stopping';
      return server.stop();
    },
  };
}

async function standForElection(
  settings: Settings,
  { supervisor, ...parts }: OwnParts,
): Promise<Service> {
  const onStatus = (status: ServerStatus) => supervisor && tellStanding(supervisor, status);
  const candidate = await startCandidate({ settings, parts, onStatus });
  // Standing by may be nothing but waiting, and Node ends a process that has nothing but that.
  const presence = setInterval(() => undefined, 2 ** 30);
  return {
    failure: candidate.failure,
    lastWords: 'The server stops: it can neither lead nor stand by',
    status: () => candidate.status(),
    administration: () => candidate.server?.administration,
    reload: () => candidate.reload(),
    stop: async () => {
      await candidate.stop();
      clearInterval(presence);
    },
  };
}

/** One that stands by does what it was started for. */
function tellStanding(supervisor: Supervisor, { role, leader }: ServerStatus): void {
  if (role === 'leader') {
    supervisor.ready('Leads: serves clients');
  } else if (role === 'standby') {
    const place = leader?.grpcAddress;
    supervisor.ready(place === undefined ? 'Stands by' : `Stands by: the server at ${place} leads`);
  }
}

/** The first signal stops the server in order; a second one at once. */
function stopOnSignals({ logger, supervisor }: OwnParts, running: () => Service | undefined): void {
  let isStopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const server = running();
      if (isStopping || server === undefined) {
        process.exit(isStopping ? 1 : 0);
      }
      isStopping = true;
      supervisor?.stopping();
      logger.info('Stopping', { signal });
      within(STOP_MS_MAX, server.stop()).then(
        (isStopped) => {
          if (!isStopped) {
            logger.error('The server did not stop in time and is cut off');
          }
          process.exit(isStopped ? 0 : 1);
        },
        (error: unknown) => {
          logger.error('The server could not stop in order', { reason: String(error) });
          process.exit(1);
        },
      );
    });
  }
}

/** SIGHUP never ends a server, whoever's terminal it was that hung up. */
function reloadOnSignal(
  { logger, supervisor }: OwnParts,
  running: () => Service | undefined,
): void {
  process.on('SIGHUP', () => {
    const server = running();
    logger.info(server === undefined ? 'Still starting: SIGHUP ignored' : 'Reloading on SIGHUP');
    if (server !== undefined) {
      reload(server, supervisor).catch((error: unknown) => {
        logger.error('Reloading failed', { reason: String(error) });
      });
    }
  });
}

async function reload(server: Service, supervisor: Supervisor | undefined): Promise<void> {
  supervisor?.reloading();
  try {
    await server.reload();
  } finally {
    supervisor?.reloaded();
  }
}

/** Whether `work` was done within `ms`. Rejects as it does. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function refuse(message: string): void {
  process.stderr.write(`ldlm-server: ${message}\n`);
  process.exitCode = 1;
}

// What nobody handled may have left the rules broken halfway: better no server than one that guesses.
process.on('uncaughtException', (error) => {
  process.stderr.write(`ldlm-server: stopped by a fault of its own: ${error.stack ?? error}\n`);
  process.exit(1);
});

await main();
