/** Why: every answer of the admin address is whole, has a length, and is kept by nobody on the way. */
import { METHODS, type ServerResponse } from 'node:http';

export interface AdminAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** `fields` in their order; what is undefined is not written. */
export function jsonAnswer(status: number, fields: object): AdminAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(fields)}\n` };
}

/** To HEAD the library sends the headers alone. */
export function send(response: ServerResponse, { status, contentType, body }: AdminAnswer): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

/** The methods of a page as an `Allow` header lists them (RFC 9110, section 10.2.1). */
export function allowed(methods: readonly string[]): readonly string[] {
  const all = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
  return METHODS.filter((method) => all.includes(method));
}
