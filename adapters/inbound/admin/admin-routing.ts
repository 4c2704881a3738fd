/** Why: finds the page that a request is for, and tells whoever is lost what there is. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from '../../../ports/outbound/logger.js';
import { allowed, jsonAnswer, send } from './admin-answer.js';
import type { AdminPage } from './admin-page.js';

/** @param pages no two of them with one path. */
export function adminRouting(pages: readonly AdminPage[], logger: Logger): RequestListener {
  const byLength = [...pages].sort((one, other) => other.path.length - one.path.length);
  const paths = pages.map(({ path }) => path);
  return (request, response) => {
    const asked = pathOf(request.url ?? '');
    const page = byLength.find(({ path }) => isAt(path, asked));
    if (page === undefined) {
      send(response, jsonAnswer(404, { error: 'there is nothing at this path', paths }));
      return;
    }
    const methods = allowed(page.methods);
    if (!methods.includes(request.method ?? '')) {
      response.setHeader('Allow', methods.join(', '));
      send(response, jsonAnswer(405, { error: 'this path does not take this method', methods }));
      return;
    }
    answer(page, request, response).catch((failure: unknown) => {
      logger.error('A request to the admin address failed by a fault of the server', {
        path: page.path,
        reason: failure instanceof Error ? failure.stack : String(failure),
      });
      if (response.headersSent) {
        response.destroy();
      } else {
        send(response, jsonAnswer(500, { error: 'the server failed to answer; its log says why' }));
      }
    });
  };
}

/** What a page throws at once is a rejection, too. */
async function answer(
  page: AdminPage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await page.handle(request, response);
}

function isAt(path: string, asked: string): boolean {
  return path === asked || (path.endsWith('/') && asked.startsWith(path));
}

/** Without its query; a target with a scheme and a host means its path (RFC 9112, section 3.2.2). */
function pathOf(target: string): string {
  if (target.startsWith('/') || !URL.canParse(target)) {
    return target.replace(/\?.*$/s, '');
  }
  return new URL(target).pathname;
}
