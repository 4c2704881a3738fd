/** Why: other processes tell nobody that they are gone, stand still or are healthy; all that can be done is to ask them again. */
import { setTimeout as sleep } from 'node:timers/promises';

const ASKED_EACH_MS = 20;

/** Waits until it is so. @throws Error what asking throws; nothing else ends it but the spec's own timeout. */
export async function untilSo(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    // A spec that failed meanwhile must not keep its process alive by asking.
    await sleep(ASKED_EACH_MS, undefined, { ref: false });
  }
}
