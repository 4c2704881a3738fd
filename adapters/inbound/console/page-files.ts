/** Why: the console's page, as files that lie beside this one: a browser runs them as they are. */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';

const FOLDER = new URL('./page/', import.meta.url);

const SCRIPT = 'text/javascript; charset=utf-8';

/** What there is, and what it is; nothing else is ever read. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  'console.html': 'text/html; charset=utf-8',
  'console.css': 'text/css; charset=utf-8',
  'console.js': SCRIPT,
  'dialogs.js': SCRIPT,
  'elements.js': SCRIPT,
  'event-reader.js': SCRIPT,
  'hostile-text.js': SCRIPT,
  'lease-list.js': SCRIPT,
  'lock-view.js': SCRIPT,
  'locks-view.js': SCRIPT,
  'rate-history.js': SCRIPT,
  'rates-view.js': SCRIPT,
  'search-form.js': SCRIPT,
  'server-clock.js': SCRIPT,
  'server-link.js': SCRIPT,
  'sessions-view.js': SCRIPT,
  'shown-table.js': SCRIPT,
  'icon.svg': 'image/svg+xml',
};

/**
 * Nothing but what this server sends runs, shows or is asked; text never becomes markup; no page shows this one in a
 * frame of its own.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export const PAGE_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** Read together when the first is asked for, and kept: an upgrade of the files beside it mixes no two pages. */
export class PageFiles {
  #texts: Promise<ReadonlyMap<string, Buffer>> | undefined;

  /** @param name without its folder; an empty one is the page itself. @returns whether there is such a file. */
  async send(name: string, response: ServerResponse): Promise<boolean> {
    const file = name === '' ? 'console.html' : name;
    this.#texts ??= readAll();
    const text = (await this.#texts).get(file);
    if (text === undefined) {
      return false;
    }
    response.writeHead(200, {
      ...PAGE_HEADERS,
      'Content-Type': CONTENT_TYPES[file],
      'Content-Length': text.length,
    });
    response.end(text);
    return true;
  }
}

async function readAll(): Promise<ReadonlyMap<string, Buffer>> {
  const files = Object.keys(CONTENT_TYPES).map(
    async (file) => [file, await readFile(new URL(file, FOLDER))] as const,
  );
  return new Map(await Promise.all(files));
}
