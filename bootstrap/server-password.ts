/** Why: the password that is set is found in one place, for the doors of a server and for the address of its process. */
import { readPasswordFile } from '../adapters/outbound/credentials/password-file.js';
import type { Settings } from './settings.js';

/** @returns undefined when everyone may come in. @throws PasswordFileError */
export async function serverPassword({
  password,
  passwordFile,
}: Settings): Promise<string | undefined> {
  return passwordFile === undefined ? password : readPasswordFile(passwordFile);
}
