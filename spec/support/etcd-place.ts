/** Why: specs of stores want places by the dozen; each is a prefix of its own in one real etcd. */
import { hostname } from 'node:os';
import type { Etcd3 } from 'etcd3';
import { SystemClock } from '../../adapters/outbound/clock/system-clock.js';
import {
  EtcdElection,
  type EtcdElectionOptions,
} from '../../adapters/outbound/etcd/etcd-election.js';
import { EtcdKeys } from '../../adapters/outbound/etcd/etcd-keys.js';
import type { StateStore } from '../../ports/outbound/state-store.js';
import type { EtcdCluster } from './etcd-cluster.js';
import { RecordingLogger } from './recording-logger.js';

let placeCount = 0;

export class EtcdPlace {
  readonly prefix: string;
  readonly logger = new RecordingLogger();
  readonly #cluster: EtcdCluster;
  readonly #elections = new Map<StateStore, EtcdElection>();
  #refusesWrites = false;
  #serverCount = 0;

  constructor(cluster: EtcdCluster) {
    placeCount += 1;
    this.#cluster = cluster;
    this.prefix = `/place-${placeCount}`;
  }

  get keys(): EtcdKeys {
    return new EtcdKeys(this.prefix);
  }

  /** As another server has it. */
  newElection(options: Partial<EtcdElectionOptions> = {}): EtcdElection {
    this.#serverCount += 1;
    const id = `server-${this.#serverCount}`;
    return new EtcdElection({
      access: { endpoints: this.#cluster.endpoints },
      prefix: this.prefix,
      leaderTtlMs: 5_000,
      leader: { id, host: hostname(), pid: process.pid, grpcAddress: `${id}:3144`, version: '0' },
      clock: new SystemClock(),
      logger: this.logger,
      ...options,
    });
  }

  newStore(options: Partial<EtcdElectionOptions> = {}): StateStore {
    const election = this.newElection(options);
    const store = election.newStore();
    this.#elections.set(store, election);
    const open = store.open.bind(store);
    store.open = async () => {
      await this.#takeWrites();
      return open();
    };
    return store;
  }

  /** The server is gone without a word, and its lease has run out. */
  async crash(store: StateStore): Promise<void> {
    this.#elections.get(store)?.close();
    await this.endTerm();
  }

  /** As if the leader's lease had run out. */
  async endTerm(): Promise<void> {
    await this.#ask(async ({ kv, leaseClient }) => {
      const { kvs } = await kv.range({ key: this.keys.leader });
      await Promise.all(kvs.map(({ lease }) => leaseClient.leaseRevoke({ ID: lease })));
    });
  }

  /** Of all that stands under its prefix. */
  keyNames(): Promise<readonly string[]> {
    return this.#ask((etcd) => etcd.getAll().prefix(`${this.prefix}/`).keys());
  }

  /** Writes past every guard. */
  async put(key: Buffer, value: string): Promise<void> {
    await this.#ask((etcd) => etcd.put(key).value(value));
  }

  async refuseWrites(): Promise<void> {
    this.#refusesWrites = true;
    await this.#cluster.administration.refuseWrites();
  }

  async dispose(): Promise<void> {
    await this.#takeWrites();
    for (const [store, election] of this.#elections) {
      await store.close();
      election.close();
    }
  }

  async #ask<Answer>(question: (etcd: Etcd3) => PromiseLike<Answer>): Promise<Answer> {
    const etcd = this.#cluster.administration.connect();
    try {
      return await question(etcd);
    } finally {
      etcd.close();
    }
  }

  async #takeWrites(): Promise<void> {
    if (this.#refusesWrites) {
      this.#refusesWrites = false;
      await this.#cluster.administration.disarm();
    }
  }
}
