/**
 * Why: who has led when, as etcd itself tells it: by that an answer is known for one that was given while another server led.
 * Instants are of the clock that all processes of a machine share.
 */
import type { Etcd3, Watcher } from 'etcd3';
import { sharedNow } from './reported-line.js';

export interface KnownTerm {
  /** Where that server's clients connect to. */
  readonly address: string;
  /** In etcd; no two terms have the same. */
  readonly revision: string;
  /** It had begun by then. */
  readonly heardAt: number;
  /** It was not over yet then. */
  lastedUntil: number;
}

/** What a server told a client, whatever it was. */
export interface Answer {
  readonly by: string;
  readonly what: string;
  readonly askedAt: number;
  readonly toldAt: number;
}

/** Closed → watching → closed. */
export class TermBook {
  readonly terms: KnownTerm[] = [];
  readonly #etcd: Etcd3;
  readonly #key: string;
  #watcher: Watcher | undefined;

  /** @param etcd is closed with it. */
  constructor(etcd: Etcd3, prefix: string) {
    this.#etcd = etcd;
    this.#key = `${prefix}/leader`;
  }

  async watch(): Promise<void> {
    this.#watcher = await this.#etcd.watch().key(this.#key).create();
    this.#watcher.on('put', ({ value, create_revision: revision }) => {
      const { grpcAddress: address } = JSON.parse(value.toString()) as { grpcAddress: string };
      const heardAt = sharedNow();
      this.terms.push({ address, revision, heardAt, lastedUntil: heardAt });
    });
  }

  /** Notes of the present term that it lasts. @returns that one, or undefined if there is none, or it is not heard of yet. */
  async look(): Promise<KnownTerm | undefined> {
    const askedAt = sharedNow();
    const { kvs } = await this.#etcd.kv.range({ key: Buffer.from(this.#key) });
    const term = this.terms.find(({ revision }) => revision === kvs[0]?.create_revision);
    if (term !== undefined) {
      term.lastedUntil = Math.max(term.lastedUntil, askedAt);
    }
    return term;
  }

  async close(): Promise<void> {
    await this.#watcher?.cancel();
    this.#etcd.close();
  }
}

/** Of what was asked and told while another led for certain, in words. */
export function answersOutOfTerm(
  answers: readonly Answer[],
  terms: readonly KnownTerm[],
): readonly string[] {
  return answers.flatMap(({ by, what, askedAt, toldAt }) =>
    terms
      .filter(
        ({ address, heardAt, lastedUntil }) =>
          address !== by && heardAt <= askedAt && toldAt <= lastedUntil,
      )
      .map(({ address }) => `${by} answered ${what} while ${address} led`),
  );
}
