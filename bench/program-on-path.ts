/** Why: Debian keeps some servers where no PATH leads, and PostgreSQL's by version. */
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** @returns the file to run, or undefined when it is not installed. */
export function programOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...folders, '/usr/sbin', ...postgresFolders()]
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The newest first. */
function postgresFolders(): readonly string[] {
  try {
    return readdirSync(POSTGRES_VERSIONS)
      .sort((one, other) => Number(other) - Number(one))
      .map((version) => join(POSTGRES_VERSIONS, version, 'bin'));
  } catch {
    return [];
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
