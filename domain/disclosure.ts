/** Why: log lines help to find a lock, and must never help to unlock it or fill the disk. */

const KEY_SHOWN = 8;
const NAME_SHOWN = 128;

/** The part of a key that a log line may show: enough to find it in a list, too little to use. */
export function maskedKey(key: string): string {
  return key.length <= KEY_SHOWN ? '…' : `${key.slice(0, KEY_SHOWN)}…`;
}

/** A lock's name as a log line shows it: whole, or its beginning. */
export function shortName(name: string): string {
  return name.length <= NAME_SHOWN ? name : `${name.slice(0, NAME_SHOWN)}…`;
}
