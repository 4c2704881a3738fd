/**
 * Why: the server has one password and no users, so of Basic credentials (RFC 7617) the user's name
 * is not looked at.
 */
import { isUtf8 } from 'node:buffer';

/** The password of an Authorization header; undefined where it shows none. */
export function shownPassword(authorization: string | undefined): string | undefined {
  const [, encoded = ''] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '') ?? [];
  const credentials = Buffer.from(encoded, 'base64');
  const colon = credentials.indexOf(':');
  if (colon === -1) {
    return undefined;
  }
  const password = credentials.subarray(colon + 1);
  // Some clients encode what they can as Latin-1.
  return password.toString(isUtf8(password) ? 'utf8' : 'latin1');
}
