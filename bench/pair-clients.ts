/** Why: how a program locks a name and gives it back, with each of the libraries, as their own pages show it. */
import { Etcd3 } from 'etcd3';
import { Redis } from 'ioredis';
import { LdlmClient } from 'ldlm/client';
import pg from 'pg';
import Redlock from 'redlock';

/** Locks a name that nobody else wants, and unlocks it. */
export type Pair = (name: string) => Promise<void>;

/** @param address `host:port` of the server. */
export type OpenPairs = (address: string) => Pair;

const LEASE_MS = 30_000;

/**
 * A connection holds an advisory lock, so that as many are held at once as there are connections. Of 2 to 128, so many make
 * the most pairs on two cores, with 16 tasks as with 128; the other tasks wait for a connection.
 */
const POSTGRES_CONNECTION_COUNT = 16;

export const pairClients = {
  stream: (address) => ldlmPairs(new LdlmClient({ addresses: [address] })),
  unary: (address) => ldlmPairs(new LdlmClient({ addresses: [address], unary: true })),
  redlock: (address) => redlockPairs(address, { isBatching: false }),
  batchingRedlock: (address) => redlockPairs(address, { isBatching: true }),
  etcd3: (address) => {
    const client = new Etcd3({ hosts: `http://${address}` });
    return async (name) => {
      const lock = await client
        .lock(name)
        .ttl(LEASE_MS / 1000)
        .acquire();
      await lock.release();
    };
  },
  postgres: (address) => {
    const pool = new pg.Pool({
      ...hostAndPort(address),
      user: 'bench',
      database: 'postgres',
      max: POSTGRES_CONNECTION_COUNT,
    });
    return async (name) => {
      const connection = await pool.connect();
      await connection.query({ ...ADVISORY_LOCK, values: [name] });
      await connection.query({ ...ADVISORY_UNLOCK, values: [name] });
      connection.release();
    };
  },
} satisfies Record<string, OpenPairs>;

/** Names prepare a statement once a connection. */
const ADVISORY_LOCK = {
  name: 'lock',
  text: 'SELECT pg_advisory_lock(hashtextextended($1, 0))',
};
const ADVISORY_UNLOCK = {
  name: 'unlock',
  text: 'SELECT pg_advisory_unlock(hashtextextended($1, 0))',
};

function ldlmPairs(client: LdlmClient): Pair {
  return async (name) => {
    const lock = await client.lock(name);
    await lock.release();
  };
}

/** One Redis. It never extends a lock by itself unless it is asked to run a routine under it. */
function redlockPairs(address: string, { isBatching }: { readonly isBatching: boolean }): Pair {
  const redis = new Redis({ ...hostAndPort(address), enableAutoPipelining: isBatching });
  const redlock = new Redlock([redis], { retryCount: 0 });
  return async (name) => {
    const lock = await redlock.acquire([name], LEASE_MS);
    await lock.release();
  };
}

function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname, port: Number(port) };
}
