/** Why: how long nobody answers when the leader of several servers stops, or dies: until the next one listens, and until a client has its lock. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LdlmClient } from 'ldlm/client';
import type { BenchLine, Row } from './bench-line.js';
import { figure } from './bench-table.js';
import type { CandidateStart } from './candidate-process.js';
import { ChildProgram } from './child-program.js';
import { freePort } from './free-port.js';
import { etcd } from './peer-servers.js';
import { sampleOf } from './sample.js';

const LEADER_TTL_MS = 2_000;
/** Of the two ways a leader ends, each. */
const RUNS = 10;
const ASKED_EACH_MS = 5;

const ENDS = [
  { end: 'stop', what: 'leader stops', msMax: 1_000, aim: 'under 1 s' },
  {
    end: 'kill',
    what: 'leader killed',
    msMax: LEADER_TTL_MS + 2_000,
    aim: 'under ttl + 2 s',
  },
] as const;

interface HandOver {
  /** From the end's beginning until the next server takes connections. */
  readonly listensMs: number;
  /** Until a client that had asked in that moment has its lock. */
  readonly lockedMs: number;
}

export const failover: BenchLine = async ({ isQuick, folder }) => {
  const place = await etcd(join(folder, 'etcd'));
  if ('absence' in place) {
    return [{ what: 'hand-over by etcd', measured: place.absence, yardstick: '' }];
  }
  const pair = await Pair.start(place.address);
  try {
    const rows: Row[] = [];
    for (const { end, what, msMax, aim } of ENDS) {
      const handOvers: HandOver[] = [];
      while (handOvers.length < (isQuick ? 3 : RUNS)) {
        handOvers.push(await pair.handOver(end));
      }
      const listens = handOvers.map(({ listensMs }) => listensMs);
      const locked = handOvers.map(({ lockedMs }) => lockedMs);
      const isMet = sampleOf(listens).median < msMax;
      rows.push(
        { ...rowOf(`${what}, until the next listens`, listens), aim: { text: aim, isMet } },
        rowOf(`${what}, until a client has a lock`, locked),
      );
    }
    return rows;
  } finally {
    await pair.end();
    await place.end();
  }
};

function rowOf(what: string, delaysMs: readonly number[]): Row {
  return {
    what,
    measured: `${figure(sampleOf(delaysMs).median)} ms`,
    yardstick: `leader_ttl: ${figure(LEADER_TTL_MS)} ms`,
    ratio: sampleOf(delaysMs.map((delayMs) => delayMs / LEADER_TTL_MS)),
  };
}

interface Candidate {
  readonly start: CandidateStart;
  program: ChildProgram;
}

/** Two servers, of which one leads, and a client of both. */
class Pair {
  #leader: Candidate;
  #standby: Candidate;
  readonly #client: LdlmClient;
  #lockCount = 0;

  private constructor(leader: Candidate, standby: Candidate) {
    this.#leader = leader;
    this.#standby = standby;
    const addresses = [leader, standby].map(({ start }) => addressOf(start));
    this.#client = new LdlmClient({ addresses });
  }

  static async start(etcdEndpoint: string): Promise<Pair> {
    const shared = { etcdEndpoint, leaderTtlMs: LEADER_TTL_MS };
    const leader = candidate({ ...shared, port: await freePort() });
    await untilRole(leader, 'leader');
    const standby = candidate({ ...shared, port: await freePort() });
    return new Pair(leader, standby);
  }

  /** The leader ends, and stands by again when the other leads. */
  async handOver(end: 'stop' | 'kill'): Promise<HandOver> {
    const [old, next] = [this.#leader, this.#standby];
    await untilRole(next, 'standby');
    await this.#lock();
    const begunAt = performance.now();
    const ended = end === 'stop' ? old.program.ask('stop') : old.program.kill();
    const [listensMs, lockedMs] = await Promise.all([
      untilListening(next.start.port).then(() => performance.now() - begunAt),
      // By then no answer of the old one can be on its way.
      ended.then(() => this.#lock()).then(() => performance.now() - begunAt),
    ]);
    await old.program.end();
    old.program = candidate(old.start).program;
    this.#leader = next;
    this.#standby = old;
    return { listensMs, lockedMs };
  }

  async end(): Promise<void> {
    await this.#client.close();
    await Promise.all([this.#leader.program.end(), this.#standby.program.end()]);
  }

  async #lock(): Promise<void> {
    this.#lockCount += 1;
    await (await this.#client.lock(`lock-${this.#lockCount}`)).release();
  }
}

function candidate(start: CandidateStart): Candidate {
  return { start, program: ChildProgram.start('candidate-process.ts', start) };
}

function addressOf({ port }: CandidateStart): string {
  return `127.0.0.1:${port}`;
}

async function untilRole({ program }: Candidate, role: string): Promise<void> {
  while ((await program.ask<string>('role')) !== role) {
    await sleep(ASKED_EACH_MS);
  }
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await sleep(ASKED_EACH_MS);
    } finally {
      socket.destroy();
    }
  }
}
