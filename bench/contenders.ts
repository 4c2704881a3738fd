/** Why: every lock server with its client, each in processes of their own, which take turns so that a noisy minute falls on all. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ChildProgram } from './child-program.js';
import type { LockServerStart } from './lock-server-process.js';
import type { PairClientStart, PairRound } from './pair-client-process.js';
import { type Absent, etcd, type PeerServer, postgres, redis } from './peer-servers.js';

/** In the order of their turns. */
const CONTENDERS = {
  stream: { library: 'stream', server: 'ldlm' },
  redlock: { library: 'redlock', server: 'redis' },
  unary: { library: 'unary', server: 'ldlm' },
  'redlock, batching': { library: 'batchingRedlock', server: 'redis' },
  etcd3: { library: 'etcd3', server: 'etcd' },
  PostgreSQL: { library: 'postgres', server: 'postgres' },
  'stream, journal': { library: 'stream', server: 'keptLdlm' },
  'redlock, synced': { library: 'redlock', server: 'keptRedis' },
  'stream, etcd': { library: 'stream', server: 'ldlmOnEtcd' },
} as const;

export type Contender = keyof typeof CONTENDERS;

const SERVERS = {
  ldlm: () => ldlm({}),
  keptLdlm: (folder) => ldlm({ stateFile: `${folder}.state` }),
  redis: redis({ isKept: false }),
  keptRedis: redis({ isKept: true }),
  etcd,
  postgres,
  ldlmOnEtcd: async (_folder, { etcd: place }) =>
    place === undefined || 'absence' in place
      ? { absence: 'there is no etcd' }
      : ldlm({ etcd: place.address }),
} satisfies Record<
  string,
  (folder: string, started: { readonly etcd?: Server | Absent }) => Promise<Server | Absent>
>;

interface Server extends PeerServer {
  /** Where it can be asked. */
  cpuMicroseconds?(): Promise<number>;
}

type StartServer = (folder: string, started: Servers) => Promise<Server | Absent>;
type ServerName = keyof typeof SERVERS;
type Servers = Readonly<Partial<Record<ServerName, Server | Absent>>>;

/** What each round gave, or why there was none. */
export type Rounds = Readonly<Partial<Record<Contender, readonly Round[] | Absent>>>;

export interface Round extends PairRound {
  /** Of the server's process, where it can be asked. */
  readonly serverCpuPerPair: number;
}

export type RoundExtent = Pick<PairClientStart, 'taskCount' | 'pairCountMax' | 'forMs'>;

/** Open → closed. */
export class Contest {
  readonly #servers: Servers;
  readonly #contenders: readonly Contender[];

  private constructor(servers: Servers, contenders: readonly Contender[]) {
    this.#servers = servers;
    this.#contenders = contenders;
  }

  /** Starts every server that they need and that is installed. @param folder for what they keep. */
  static async open(folder: string, contenders: readonly Contender[]): Promise<Contest> {
    // PostgreSQL is another user, who has to find the way.
    await chmod(folder, 0o711);
    const servers: Partial<Record<ServerName, Server | Absent>> = {};
    const needed = new Set<string>(contenders.map((contender) => CONTENDERS[contender].server));
    for (const [name, start] of Object.entries(SERVERS) as [ServerName, StartServer][]) {
      if (needed.has(name)) {
        servers[name] = await start(join(folder, name), servers);
      }
    }
    return new Contest(servers, contenders);
  }

  /** Every contender once a round, when all have warmed up. */
  async rounds(roundCount: number, extent: RoundExtent): Promise<Rounds> {
    const clients = new Map<Contender, ChildProgram>();
    const rounds: Partial<Record<Contender, Round[] | Absent>> = {};
    for (const contender of this.#contenders) {
      const { library, server } = CONTENDERS[contender];
      const place = this.#servers[server] as Server | Absent;
      if ('absence' in place) {
        rounds[contender] = place;
      } else {
        const start: PairClientStart = { library, address: place.address, ...extent };
        clients.set(contender, ChildProgram.start('pair-client-process.ts', start));
        rounds[contender] = [];
      }
    }
    for (const client of clients.values()) {
      await client.ask('warmUp');
    }
    for (let round = 0; round < roundCount; round += 1) {
      for (const [contender, client] of clients) {
        (rounds[contender] as Round[]).push(await this.#round(contender, client));
      }
    }
    await Promise.all([...clients.values()].map((client) => client.end()));
    return rounds;
  }

  async close(): Promise<void> {
    await Promise.all(
      Object.values(this.#servers).map((server) => ('absence' in server ? null : server.end())),
    );
  }

  async #round(contender: Contender, client: ChildProgram): Promise<Round> {
    const server = this.#servers[CONTENDERS[contender].server] as Server;
    const before = await server.cpuMicroseconds?.();
    const figures = await client.ask<PairRound>('round');
    const after = await server.cpuMicroseconds?.();
    const used = before === undefined || after === undefined ? Number.NaN : after - before;
    return { ...figures, serverCpuPerPair: used / figures.pairCount };
  }
}

async function ldlm(start: LockServerStart): Promise<Server> {
  const program = ChildProgram.start('lock-server-process.ts', start);
  return {
    address: await program.ask<string>('address'),
    cpuMicroseconds: () => program.ask<number>('cpuMicroseconds'),
    end: () => program.end(),
  };
}
