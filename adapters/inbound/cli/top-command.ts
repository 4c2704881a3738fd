/** Why: `ldlm-lock top`: looks at the server again and again on a terminal, once elsewhere. */
import type { Writable } from 'node:stream';
import type { AdministrationClient } from './administration-client.js';
import { writeLines } from './line-output.js';
import type { TerminalScreen } from './terminal-screen.js';
import { type TopLook, topLines } from './top-view.js';

export interface TopParts {
  readonly client: AdministrationClient;
  readonly stdout: Writable;
  /** Takes the terminal over; undefined if there is none: then it is printed once. */
  readonly takeScreen: (() => TerminalScreen) | undefined;
  /** Resolves after so long, or when `signal` is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** As many as a high terminal shows. */
const LOCKS_MAX = 100;
const LOCKS_PRINTED = 20;

/** Between the two looks of which rates are made, where it is printed once. */
const ONCE_MS = 1_000;

/** Until somebody quits. Rejects as the client does, with the terminal as it was. */
export async function runTop(intervalMs: number, parts: TopParts): Promise<void> {
  const { client, stdout, takeScreen, sleep } = parts;
  if (takeScreen === undefined) {
    const before = await look(client, LOCKS_PRINTED);
    await sleep(ONCE_MS, new AbortController().signal);
    await writeLines(stdout, topLines(await look(client, LOCKS_PRINTED), before));
    return;
  }
  const screen = takeScreen();
  try {
    let before: TopLook | undefined;
    while (!screen.isLeft.aborted) {
      const seen = await look(client, LOCKS_MAX);
      if (screen.isLeft.aborted) {
        return;
      }
      screen.draw(topLines(seen, before));
      before = seen;
      await sleep(intervalMs, screen.isLeft);
    }
  } finally {
    screen.restore();
  }
}

async function look(client: AdministrationClient, count: number): Promise<TopLook> {
  return { locks: await client.busiest(count), stats: await client.stats() };
}
