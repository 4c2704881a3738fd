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

/** Read when they are first asked for, and kept. */
export class PageFiles {
  readonly #texts = new Map<string, Promise<Buffer>>();

  /** @param name without its folder; an empty one is the page itself. @returns whether there is such a file. */
  async send(name: string, response: ServerResponse): Promise<boolean> {
    const file = name === '' ? 'console.html' : name;
    if (!Object.hasOwn(CONTENT_TYPES, file)) {
      return false;
    }
    const text = await this.#read(file);
    response.writeHead(200, {
      ...PAGE_HEADERS,
      'Content-Type': CONTENT_TYPES[file],
      'Content-Length': text.length,
    });
    response.end(text);
    return true;
  }

  #read(file: string): Promise<Buffer> {
    const known = this.#texts.get(file) ?? readFile(new URL(file, FOLDER));
    this.#texts.set(file, known);
    return known;
  }
}
