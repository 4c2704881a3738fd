/** Why: what a spec started goes with the spec's process, also when that ends early, by an error or by a signal. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const actions = new Set<() => void>();

/**
 * Has something done when this process ends, unless it is taken back before.
 * @param action must not wait for anything.
 * @returns what takes it back.
 */
export function atProcessEnd(action: () => void): () => void {
  if (actions.size === 0) {
    process.on('exit', act);
    for (const signal of SIGNALS) {
      process.on(signal, endBy);
    }
  }
  actions.add(action);
  return () => {
    if (actions.delete(action) && actions.size === 0) {
      stopListening();
    }
  };
}

/** Where others listen for the signal, it is for them to say whether the process ends. */
function endBy(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) {
    return;
  }
  act();
  stopListening();
  process.kill(process.pid, signal);
}

function act(): void {
  for (const action of actions) {
    action();
  }
}

function stopListening(): void {
  process.off('exit', act);
  for (const signal of SIGNALS) {
    process.off(signal, endBy);
  }
}
