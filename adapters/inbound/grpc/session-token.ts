/**
 * Why: who shows a token has its session, so a token is a secret; the session's id, which is kept,
 * listed and logged, is made of it and leads nowhere back.
 */
import { hash, randomBytes } from 'node:crypto';

/** 128 bits. */
const TOKEN_BYTES = 16;
/** 132 bits of a digest: as good as all of them here, and shorter in every journal line. */
const ID_LENGTH = 22;

export function newSessionToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/** The id of the session that a token is for; of any text. */
export function sessionIdOf(token: string): string {
  return hash('sha256', token, 'base64url').slice(0, ID_LENGTH);
}
