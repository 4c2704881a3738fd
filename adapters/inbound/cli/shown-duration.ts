/** Why: how long something lasts, as people read it at a glance. */
import { FOREVER } from '../../../domain/instant.js';

/** What stands where nothing is to tell. */
export const NONE = '-';

/** Rounded down, in the two units that say most: `3d4h`, `1h0m`, `2m5s`, `7.5s`, `0.0s`; `-` for ever. */
export function shownDuration(ms: number): string {
  if (ms === FOREVER) {
    return NONE;
  }
  const tenths = Math.max(0, Math.floor(ms / 100));
  if (tenths < 600) {
    return `${Math.floor(tenths / 10)}.${tenths % 10}s`;
  }
  const seconds = Math.floor(tenths / 10);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes < 60) {
    return `${minutes}m${seconds % 60}s`;
  }
  return hours < 24 ? `${hours}h${minutes % 60}m` : `${Math.floor(hours / 24)}d${hours % 24}h`;
}
