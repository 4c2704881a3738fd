/**
 * Why: what clients asked and were told, and when, with no look into the server: enough to tell whether any order of
 * things could have been what a lock server does.
 */

/** Instants are of one clock that all share. */
export interface Interval {
  readonly askedAt: number;
  /** Infinity while, or if, no answer comes. */
  readonly toldAt: number;
}

/** A slot was given to somebody who was told so. */
export interface Grant extends Interval {
  readonly kind: 'granted';
  readonly key: string;
  readonly token: number;
  readonly size: number;
  /** From when on the server may have taken it back, or may have lost it; what it is renewed to included. */
  mayEndFrom: number;
}

/** All slots were held by others. */
export interface Busy extends Interval {
  readonly kind: 'busy';
  readonly size: number;
}

/** A slot may have been given: nobody was told. */
export interface Unknown extends Interval {
  readonly kind: 'unknown';
}

/** Something was done with a slot that was held, or refused because it was not. */
export interface Use extends Interval {
  readonly kind: 'released' | 'renewed' | 'lost';
  readonly key: string;
}

export type Entry = Grant | Busy | Unknown | Use;

/** By name. */
export class History {
  readonly entries = new Map<string, Entry[]>();
  readonly #grants = new Map<string, Grant>();
  /** When operators took locks from their holders, by name. */
  readonly #revocations = new Map<string, number[]>();

  add(name: string, entry: Entry): void {
    const entries = this.entries.get(name) ?? [];
    entries.push(entry);
    this.entries.set(name, entries);
    if (entry.kind === 'granted') {
      this.#grants.set(entry.key, entry);
      for (const at of this.#revocations.get(name) ?? []) {
        this.#endByRevocation(entry, at);
      }
    }
  }

  /** An operator asks to take that lock from its holders, from this instant on; be they told of it by then or not. */
  revoked(name: string, at: number): void {
    this.#revocations.set(name, [...(this.#revocations.get(name) ?? []), at]);
    for (const entry of this.entries.get(name) ?? []) {
      if (entry.kind === 'granted') {
        this.#endByRevocation(entry, at);
      }
    }
  }

  /** From this instant on the server may take the slot back, whatever was known before. */
  mayEnd(key: string, from: number): void {
    const grant = this.#grants.get(key);
    if (grant !== undefined) {
      grant.mayEndFrom = Math.min(grant.mayEndFrom, from);
    }
  }

  /** It was renewed: the end that was known before is no more. */
  isExtended(key: string, mayEndFrom: number): void {
    const grant = this.#grants.get(key);
    if (grant !== undefined) {
      grant.mayEndFrom = mayEndFrom;
    }
  }

  #endByRevocation(grant: Grant, at: number): void {
    if (grant.askedAt <= at) {
      grant.mayEndFrom = Math.min(grant.mayEndFrom, at);
    }
  }
}
