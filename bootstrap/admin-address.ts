/**
 * Why: the admin address is the process's, not the server's in it: it is there before locks are served and
 * as long as they are, and tells of a process that stands by, too.
 */
import { AdminServer } from '../adapters/inbound/admin/admin-server.js';
import { healthPages } from '../adapters/inbound/admin/health-pages.js';
import type { ServerStatus } from '../ports/inbound/server-status.js';
import type { Logger } from '../ports/outbound/logger.js';
import type { Settings } from './settings.js';

/** How long an answer under way may take to leave once the process stops. */
const GRACE_MS = 500;

export interface AdminAddressParts {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Asked anew for every request. */
  readonly status: () => ServerStatus;
}

export interface AdminAddress {
  /** The `address:port` that probes connect to. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Called once in a process.
 * @returns undefined when no such address is set. @throws AdminListenError
 */
export async function openAdminAddress(
  parts: AdminAddressParts,
): Promise<AdminAddress | undefined> {
  const { settings, logger, status } = parts;
  if (settings.adminListenAddress === undefined) {
    return undefined;
  }
  const server = new AdminServer({
    ...settings.adminListenAddress,
    // The seam: what another adapter has to show is listed here, too.
    pages: [...healthPages(status)],
    logger,
    connectionsMax: settings.connectionsMax,
    headerBytesMax: settings.headerBytesMax,
    requestTimeoutMs: settings.requestTimeoutMs,
  });
  return { address: await server.listen(), close: () => server.close(GRACE_MS) };
}
