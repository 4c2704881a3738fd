/**
 * Why: a client shows its session by a header or by a cookie, and only the latter wants cookies
 * back.
 */
import type { IncomingHttpHeaders } from 'node:http';

export const SESSION_NAME = 'ldlm-session';

export interface ShownSession {
  readonly token: string;
  readonly by: 'header' | 'cookie';
}

/**
 * A header outdoes a cookie, and `ldlm-session` a bearer token, which can only be shown where no
 * password is asked for.
 */
export function shownSession(headers: IncomingHttpHeaders): ShownSession | undefined {
  const own = headers[SESSION_NAME];
  const [, bearer] = /^bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  const token = typeof own === 'string' ? own : bearer;
  if (token !== undefined) {
    return { token, by: 'header' };
  }
  const cookie = cookieToken(headers.cookie ?? '');
  return cookie === undefined ? undefined : { token: cookie, by: 'cookie' };
}

/** The value of the first cookie of that name (RFC 6265, section 4.2). */
function cookieToken(header: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === SESSION_NAME) {
      return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}

export interface SessionCookie {
  readonly token: string;
  readonly expiresAt: Date;
  /** Whether the connection is encrypted: a cookie given then is never sent in the clear. */
  readonly isSecure: boolean;
}

/** As Set-Cookie has it. Neither scripts nor other sites' pages get at it. */
export function setCookie({ token, expiresAt, isSecure }: SessionCookie): string {
  const expires = expiresAt.toUTCString();
  const secure = isSecure ? '; Secure' : '';
  return `${SESSION_NAME}=${token}; Path=/; Expires=${expires}; HttpOnly; SameSite=Strict${secure}`;
}
