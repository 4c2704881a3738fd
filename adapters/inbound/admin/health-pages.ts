/** Why: tells supervisors whether to restart this process, and balancers whether to send clients here. */
import type { LeaderStatus, ServerStatus } from '../../../ports/inbound/server-status.js';
import { type AdminAnswer, jsonAnswer, send } from './admin-answer.js';
import type { AdminPage } from './admin-page.js';

/** @param status asked anew for every request. */
export function healthPages(status: () => ServerStatus): readonly AdminPage[] {
  return [
    {
      path: '/livez',
      methods: ['GET'],
      // That it is answered at all is the news: the event loop turns.
      handle: (_, response) => send(response, jsonAnswer(200, { status: 'alive' })),
    },
    {
      path: '/readyz',
      methods: ['GET'],
      handle: (_, response) => send(response, readiness(status())),
    },
  ];
}

function readiness({ role, leader }: ServerStatus): AdminAnswer {
  switch (role) {
    case 'leader':
      return jsonAnswer(200, { status: 'ready', role });
    case 'standby':
      return jsonAnswer(503, { status: 'standby', role, leader: leader ? shown(leader) : null });
    case 'starting':
    case 'stopping':
      return jsonAnswer(503, { status: role });
  }
}

function shown({ id, grpcAddress, restAddress }: LeaderStatus): object {
  return { id, grpc_address: grpcAddress, rest_address: restAddress };
}
