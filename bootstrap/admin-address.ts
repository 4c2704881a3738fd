/**
 * Why: the admin address is the process's, not the server's in it: it is there before locks are served and
 * as long as they are, and tells of a process that stands by, too.
 */
import { AdminServer } from '../adapters/inbound/admin/admin-server.js';
import { healthPages } from '../adapters/inbound/admin/health-pages.js';
import { metricsPage } from '../adapters/inbound/admin/metrics-page.js';
import { ConsoleAccess, type ConsoleOffer } from '../adapters/inbound/console/console-access.js';
import { consolePages } from '../adapters/inbound/console/console-pages.js';
import { SystemClock } from '../adapters/outbound/clock/system-clock.js';
import { PasswordAdmission } from '../adapters/outbound/credentials/password-admission.js';
import type { Administration } from '../ports/inbound/administration.js';
import type { ServerStatus } from '../ports/inbound/server-status.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { Metrics } from '../ports/outbound/metrics.js';
import { PROGRAM_VERSION } from './program-version.js';
import { serverPassword } from './server-password.js';
import type { Settings } from './settings.js';
import { isLoopback } from './settings-agreement.js';

/** How long an answer under way may take to leave once the process stops. */
const GRACE_MS = 500;

export interface AdminAddressParts {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Asked anew for every request. */
  readonly status: () => ServerStatus;
  /** Asked anew for every request: of the server that serves in this process, if one does. */
  readonly administration: () => Administration | undefined;
}

export interface AdminAddress {
  /** The `address:port` that probes connect to. */
  readonly address: string;
  /** For every server that this process starts, one after another. */
  readonly metrics: Metrics;
  close(): Promise<void>;
}

/**
 * Called once in a process.
 * @returns undefined when no such address is set. @throws AdminListenError, PasswordFileError
 */
export async function openAdminAddress(
  parts: AdminAddressParts,
): Promise<AdminAddress | undefined> {
  const { settings, logger, status } = parts;
  if (settings.adminListenAddress === undefined) {
    return undefined;
  }
  // Its library takes time and memory that a server without an admin address is spared.
  const { PrometheusMetrics } = await import('../adapters/outbound/metrics/prometheus-metrics.js');
  const metrics = new PrometheusMetrics({
    version: PROGRAM_VERSION,
    isLeader: () => status().role === 'leader',
  });
  const timing = new SystemClock();
  const offer = await consoleOffer(parts, timing);
  const server = new AdminServer({
    ...settings.adminListenAddress,
    // The seam: what another adapter has to show is listed here, too.
    pages: [
      ...healthPages(status),
      metricsPage(metrics),
      ...consolePages({
        ...parts,
        access: new ConsoleAccess(offer, timing),
        version: PROGRAM_VERSION,
        bodyBytesMax: settings.bodyBytesMax,
        timing,
      }),
    ],
    logger,
    connectionsMax: settings.connectionsMax,
    headerBytesMax: settings.headerBytesMax,
    requestTimeoutMs: settings.requestTimeoutMs,
  });
  const address = await server.listen();
  tellOffer(offer, address, logger);
  return { address, metrics, close: () => server.close(GRACE_MS) };
}

/** Who may administer by the console: those who know the password or, without one, programs of this machine alone. */
async function consoleOffer(
  { settings, logger }: AdminAddressParts,
  clock: SystemClock,
): Promise<ConsoleOffer> {
  const password = await serverPassword(settings);
  if (password !== undefined) {
    return { to: 'password', admission: new PasswordAdmission({ password, clock, logger }) };
  }
  return { to: isLoopback(settings.adminListenAddress?.host) ? 'local' : 'off' };
}

function tellOffer({ to }: ConsoleOffer, address: string, logger: Logger): void {
  if (to === 'off') {
    logger.warn(
      'The console is off: others reach the admin address, and there is no password; give --password_file, or ' +
        'listen on localhost',
    );
  } else {
    logger.info(`Console at http://${address}/console/`, {
      access: to === 'local' ? 'programs of this machine' : 'password',
    });
  }
}
