/** Why: the console as the admin address shows it: a page, its files, and what the page asks. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConsoleApi, type ConsoleApiParts } from './console-api.js';
import { ConsoleError } from './console-error.js';
import { PAGE_HEADERS, PageFiles } from './page-files.js';

/** Of the shape that the admin address lists. */
export interface ConsolePage {
  readonly path: string;
  readonly methods: readonly string[];
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

const FOLDER = '/console/';
const API = '/console/api/';

export function consolePages(parts: ConsoleApiParts): readonly ConsolePage[] {
  const files = new PageFiles();
  const api = new ConsoleApi(parts);
  return [
    {
      path: '/console',
      methods: ['GET'],
      handle: (_, response) => {
        response.writeHead(308, { Location: FOLDER, 'Content-Length': 0 }).end();
      },
    },
    {
      path: FOLDER,
      methods: ['GET'],
      handle: async (request, response) => {
        if (!parts.access.isOffered) {
          const { status, message } = new ConsoleError('not-offered');
          sendText(response, status, message);
        } else if (!(await files.send(pathBelow(FOLDER, request), response))) {
          sendText(response, 404, 'There is no such file. The console is at /console/.');
        }
      },
    },
    {
      path: API,
      methods: ['POST'],
      handle: (request, response) => api.handle(pathBelow(API, request), request, response),
    },
  ];
}

function pathBelow(folder: string, { url = '' }: IncomingMessage): string {
  return new URL(url, 'http://localhost').pathname.slice(folder.length);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const line = `${text}\n`;
  response.writeHead(status, {
    ...PAGE_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(line),
  });
  response.end(line);
}
