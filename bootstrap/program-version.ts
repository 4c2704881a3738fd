/** Why: what `--version` says, without a search for package.json; its spec keeps the two equal. */

export const PROGRAM_VERSION = '0.1.0';
