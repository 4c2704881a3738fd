/** Why: lets a monitoring system read what the server counts. */
import type { MetricsExposition } from '../../../ports/inbound/metrics-exposition.js';
import { send } from './admin-answer.js';
import type { AdminPage } from './admin-page.js';

export function metricsPage(exposition: MetricsExposition): AdminPage {
  /** Who asks while it is being written is given the same. */
  let underWay: Promise<string> | undefined;
  return {
    path: '/metrics',
    methods: ['GET'],
    handle: async (_, response) => {
      underWay ??= exposition.text().finally(() => {
        underWay = undefined;
      });
      const { contentType } = exposition;
      send(response, { status: 200, contentType, body: await underWay });
    },
  };
}
