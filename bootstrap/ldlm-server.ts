#!/usr/bin/env node
/** Why: the server as a program: settings in, signals and failures handled, one clear line for whatever goes wrong. */
import { readFileSync } from 'node:fs';
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { BunyanLogger } from '../adapters/outbound/logging/bunyan-logger.js';
import type { ServerStatus } from '../ports/inbound/server-status.js';
import type { Logger } from '../ports/outbound/logger.js';
import { openAdminAddress } from './admin-address.js';
import { type RunningServer, startServer } from './compose.js';
import { readSettings, type Settings } from './settings.js';

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
  let status: ServerStatus = { role: 'starting' };
  let server: RunningServer | undefined;
  stopOnSignals(logger, () => server);
  reloadOnSignal(logger, () => server);
  try {
    const admin = await openAdminAddress({ settings, logger, status: () => status });
    const started = await startServer({
      settings,
      parts: { logger, ...(admin && { metrics: admin.metrics }) },
    });
    status = { role: 'leader' };
    const stop = async () => {
      status = { role: 'stopping' };
      await started.stop();
      await admin?.close();
    };
    server = { ...started, stop };
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
    process.exit();
  }
  const failure = await server.failure;
  logger.error('The server stops: it can no longer vouch for its state', {
    reason: failure instanceof Error ? failure.message : String(failure),
  });
  await within(STOP_MS_MAX, server.stop());
  process.exit(1);
}

/** The first signal stops the server in order; a second one at once. */
function stopOnSignals(logger: Logger, running: () => RunningServer | undefined): void {
  let isStopping = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      const server = running();
      if (isStopping || server === undefined) {
        process.exit(isStopping ? 1 : 0);
      }
      isStopping = true;
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
function reloadOnSignal(logger: Logger, running: () => RunningServer | undefined): void {
  process.on('SIGHUP', () => {
    const server = running();
    logger.info(server === undefined ? 'Still starting: SIGHUP ignored' : 'Reloading on SIGHUP');
    server?.reload().catch((error: unknown) => {
      logger.error('Reloading failed', { reason: String(error) });
    });
  });
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
