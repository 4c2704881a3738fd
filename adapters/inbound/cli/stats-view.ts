/** Why: `ldlm-lock stats`: what a server is, how much there is, and how much has happened, on one page. */
import type { ServerStats } from '../../../domain/descriptions.js';
import { elapsedMs } from './holder-json.js';
import { shownDuration } from './shown-duration.js';
import { visibleJson, visibleText } from './visible-text.js';

/** For people. */
export function statsLines(stats: ServerStats): readonly string[] {
  const { released, expired, revoked, 'session-ended': sessionEnded } = stats.endCounts;
  return [
    `Version:         ${visibleText(stats.version)}`,
    `Role:            ${stats.role}`,
    `Up for:          ${shownDuration(stats.now - stats.startedAt)}`,
    `Leases:          ${stats.leaseCount}`,
    `Waiters:         ${stats.waiterCount}`,
    `Sessions:        ${stats.sessionCount}`,
    `Names known:     ${stats.lockCount}`,
    `Fencing token:   ${stats.fencingToken}`,
    'Since the start:',
    `  granted        ${stats.grantCount}`,
    `  renewed        ${stats.renewalCount}`,
    `  released       ${released}`,
    `  expired        ${expired}`,
    `  revoked        ${revoked}`,
    `  session ended  ${sessionEnded}`,
  ];
}

/** For programs: one object on one line. */
export function statsJson(stats: ServerStats): readonly string[] {
  const { startedAt, now, endCounts, ...counts } = stats;
  return [
    visibleJson({
      ...counts,
      uptimeMs: elapsedMs(startedAt, now),
      releasedCount: endCounts.released,
      expiredCount: endCounts.expired,
      revokedCount: endCounts.revoked,
      sessionEndedCount: endCounts['session-ended'],
    }),
  ];
}
