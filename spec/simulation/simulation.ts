/**
 * Why: a whole server and its clients in one process, on a clock, network and disk from one seed, with everything that can
 * go wrong going wrong; and judges of all they do.
 *
 * The faults, beside those that stand on top of simulated-network.ts and crashing-file-system.ts: the server is killed,
 * loses power, stops in order, is paused, and starts again with its wall clock put forward or back; clients are killed,
 * paused and close; an operator takes locks away. A seed has a part of them, so that each also happens alone.
 */
import type { Fact } from '../../domain/facts.js';
import { CrashingFileSystem } from '../support/crashing-file-system.js';
import { SeededRandom } from '../support/seeded-random.js';
import { TroubledDisk } from './disk-trouble.js';
import { History } from './history.js';
import { faultsOf } from './history-checker.js';
import { Oracle } from './oracle.js';
import type { Program, ProgramWorld } from './program.js';
import { Connection, type Weather } from './simulated-network.js';
import { type Door, SimulatedServer, type ServerWorld } from './simulated-server.js';
import { type SimulatedProcess, SimulatedTime } from './simulated-time.js';
import { StreamProgram } from './stream-program.js';
import { Trace } from './trace.js';
import { UnaryProgram } from './unary-program.js';

export interface SimulationOptions {
  readonly seed: number;
  /** What programs do in all, at least; 250 unless given. */
  readonly operationCount?: number;
  /** Told every line of the trace. */
  readonly print?: (line: string) => void;
}

export interface SimulationReport {
  readonly seed: number;
  /** The same for the same seed and code. */
  readonly traceHash: string;
  /** None for a server that is right. */
  readonly violations: readonly string[];
  readonly operationCount: number;
  readonly eventCount: number;
  readonly grantCount: number;
  /** Grants to those who had to wait. */
  readonly contendedCount: number;
  readonly restartCount: number;
  readonly faultCounts: Readonly<Record<string, number>>;
}

const LOCKS = [
  { name: 'a', size: 1 },
  { name: 'b', size: 1 },
  { name: 'c', size: 2 },
  { name: 'd', size: 3 },
] as const;

const LEASES_MS = [undefined, 300, 1_000, 2_000, 5_000] as const;
const WAITS_MS = [undefined, 200, 1_500, 6_000, Number.POSITIVE_INFINITY] as const;
const WINDOWS_MS = [0, 1_000, 3_000, 3_000] as const;

/** Longer than any lease, window or silence of the seeds. */
const QUIET_MS = 40_000;

/** By how much a server that runs may be late to end a lease. */
const GRACE_MS = 20;

/** In which those who wait for ever get their turns: more than there are requests. */
const ROUNDS_MAX = 500;

export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const simulation = new Simulation(options);
  return simulation.run();
}

class Simulation {
  readonly #seed: number;
  readonly #operationCount: number;
  readonly #chance: SeededRandom;
  readonly #time = new SimulatedTime();
  readonly #trace: Trace;
  readonly #oracle: Oracle;
  readonly #history = new History();
  readonly #disk: CrashingFileSystem;
  readonly #trouble: TroubledDisk;
  readonly #programs = new Set<Program>();
  readonly #connections = new Map<SimulatedProcess, Set<Connection>>();
  readonly #weathers = new Map<SimulatedProcess, Weather>();
  readonly #faultCounts: Record<string, number> = {};
  readonly #serverWorld: ServerWorld;
  /** What this seed has of what can go wrong, each with a number that says how often. */
  readonly #faults: readonly (readonly [string, number, () => void])[];
  readonly #isNetworkSlow: boolean;
  readonly #windows: readonly number[];
  #server: SimulatedServer;
  #lifeCount = 0;
  #clientCount = 0;
  #connectionCount = 0;
  #keyCount = 0;

  constructor({ seed, operationCount = 250, print }: SimulationOptions) {
    this.#seed = seed;
    this.#operationCount = operationCount;
    const chance = new SeededRandom(seed);
    this.#chance = chance;
    this.#trace = new Trace(print && ((line) => print(`${this.#time.now.toFixed(2)} ${line}`)));
    const restoredLeaseMs = chance.pick([1_000, 4_000]);
    this.#oracle = new Oracle(restoredLeaseMs);
    this.#trouble = new TroubledDisk(this.#time, chance, (line) => this.#trace.note(line));
    this.#disk = new CrashingFileSystem({ sectorLength: 64, decide: this.#trouble.decide });
    this.#serverWorld = {
      time: this.#time,
      oracle: this.#oracle,
      keys: { next: () => `k${this.#next()}` },
      newToken: () => `t${this.#next()}`,
      restoredLeaseMs,
      keepsLeasesOfGone: chance.isOneIn(6),
      onDecided: (facts) => this.#decided(facts),
    };
    this.#isNetworkSlow = chance.isOneIn(2);
    this.#windows = chance.isOneIn(3) ? WINDOWS_MS : WINDOWS_MS.slice(1);
    this.#trouble.trouble = {
      isSlow: chance.isOneIn(3),
      failsOneIn: chance.isOneIn(3) ? 300 : 0,
      shortOneIn: chance.isOneIn(2) ? 10 : 0,
    };
    this.#faults = this.#faultsOfSeed();
    this.#server = this.#newServer();
  }

  async run(): Promise<SimulationReport> {
    const clientCount = 3 + this.#chance.below(4);
    for (let count = 0; count < clientCount; count += 1) {
      this.#newProgram();
    }
    await this.#time.pass(50);
    for (let count = 0; count < this.#operationCount; count += 1) {
      this.#act();
      for (const [what, oneIn, happen] of this.#faults) {
        if (this.#chance.isOneIn(oneIn)) {
          this.#count(what);
          happen();
        }
      }
      await this.#time.pass(
        this.#chance.isOneIn(12) ? this.#chance.below(1_500) : this.#chance.below(60),
      );
      this.#expectNothingOverdue();
    }
    await this.#end();
    return this.#report();
  }

  /** Something that a program does, or something of everyday life. */
  #act(): void {
    const programs = [...this.#programs].filter(({ isClosed }) => !isClosed);
    const program = programs[this.#chance.below(programs.length)];
    if (program === undefined || program.process.isPaused) {
      return;
    }
    const choice = this.#chance.below(20);
    if (choice < 10) {
      const lock = this.#chance.pick(LOCKS);
      const waitMs = this.#chance.pick(WAITS_MS);
      const leaseMs = this.#chance.pick(LEASES_MS);
      program.acquire(lock, { waitMs, leaseMs });
    } else if (choice < 16) {
      program.release();
    } else if (choice < 18) {
      program.renew(this.#chance.pick([300, 1_500, 4_000]));
    } else if (choice < 19) {
      program.abandon();
    } else if (this.#chance.isOneIn(5)) {
      this.#count('client closes');
      program.close();
      this.#newProgram();
    }
  }

  #faultsOfSeed(): readonly (readonly [string, number, () => void])[] {
    const all: readonly (readonly [string, number, () => void])[] = [
      ['connection cut', 25, () => this.#cut()],
      ['partition', 60, () => this.#partition()],
      ['client killed', 60, () => this.#killClient()],
      ['client paused', 50, () => this.#pauseClient()],
      ['lock revoked', 40, () => this.#revoke()],
      ['server killed', 90, () => this.#crash('kill')],
      ['server loses power', 90, () => this.#crash('power')],
      ['server stops', 120, () => this.#stopServer()],
      ['server paused', 60, () => this.#pauseServer()],
    ];
    return all.filter(() => this.#chance.isOneIn(2));
  }

  #newServer(): SimulatedServer {
    this.#lifeCount += 1;
    // Put right, or wrong, while the machine was down.
    const wallOffsetMs = this.#chance.isOneIn(3) ? this.#chance.below(120_000) - 60_000 : 0;
    const server = new SimulatedServer(this.#serverWorld, {
      number: this.#lifeCount,
      wallOffsetMs,
      fileSystem: this.#disk.start(),
      onFailure: () => {
        if (server === this.#server && !server.process.isDead) {
          this.#count('server fails');
          this.#crash('kill');
        }
      },
    });
    this.#trouble.process = server.process;
    this.#trace.note(`${server.process.name} starts`);
    server.start();
    return server;
  }

  #newProgram(): void {
    this.#clientCount += 1;
    const name = `client ${this.#clientCount}`;
    const world: ProgramWorld = {
      time: this.#time,
      chance: this.#chance,
      trace: this.#trace,
      oracle: this.#oracle,
      history: this.#history,
      network: {
        connect: (client) => this.#connect(client),
        accept: (connection) => this.#accept(connection),
      },
    };
    const window = this.#windows[this.#chance.below(this.#windows.length)] ?? 0;
    this.#programs.add(
      this.#chance.isOneIn(3)
        ? new UnaryProgram(world, name)
        : new StreamProgram(world, { name, recoveryWindowMs: window }),
    );
  }

  #connect(client: SimulatedProcess): Connection {
    this.#connectionCount += 1;
    const weather = this.#weatherOf(client);
    const ends = { client, server: this.#server.process, weather };
    const connection = new Connection(this.#connectionCount, this.#time, this.#chance, ends);
    const connections = this.#connections.get(client) ?? new Set();
    this.#connections.set(client, connections.add(connection));
    if (this.#server.process.isDead) {
      connection.serverDied({ isSilent: false });
    }
    return connection;
  }

  #accept(connection: Connection): Door | undefined {
    return connection.ends.server === this.#server.process
      ? this.#server.accept(connection)
      : undefined;
  }

  #weatherOf(client: SimulatedProcess): Weather {
    const weather = this.#weathers.get(client) ?? {
      isSlow: this.#isNetworkSlow,
      holdsRequests: false,
      holdsAnswers: false,
    };
    this.#weathers.set(client, weather);
    return weather;
  }

  #anyProgram(): Program | undefined {
    const programs = [...this.#programs].filter(({ isClosed }) => !isClosed);
    return programs[this.#chance.below(programs.length)];
  }

  #cut(program = this.#anyProgram()): void {
    if (program !== undefined) {
      const isSilent = this.#chance.isOneIn(3);
      program.cutOff();
      for (const connection of this.#connections.get(program.process) ?? []) {
        connection.cut({ isSilent });
      }
      this.#connections.delete(program.process);
    }
  }

  #partition(): void {
    const program = this.#anyProgram();
    if (program === undefined) {
      return;
    }
    program.cutOff();
    const weather = this.#weatherOf(program.process);
    weather.holdsRequests = this.#chance.isOneIn(2);
    weather.holdsAnswers = !weather.holdsRequests || this.#chance.isOneIn(2);
    if (this.#chance.isOneIn(2)) {
      // A network that ends connections when it goes: the client cannot come back before it heals.
      this.#cut(program);
    }
    this.#time.schedule(this.#chance.between(10, 6_000), () => this.#heal(program));
  }

  #heal({ process }: Program): void {
    const weather = this.#weatherOf(process);
    weather.holdsRequests = false;
    weather.holdsAnswers = false;
    for (const connection of this.#connections.get(process) ?? []) {
      connection.toServer.flow();
      connection.toClient.flow();
    }
  }

  #killClient(): void {
    const program = this.#anyProgram();
    if (program !== undefined) {
      const isSilent = this.#chance.isOneIn(3);
      program.kill();
      for (const connection of this.#connections.get(program.process) ?? []) {
        connection.clientDied({ isSilent });
      }
      this.#connections.delete(program.process);
      this.#newProgram();
    }
  }

  #pauseClient(): void {
    const program = this.#anyProgram();
    if (program !== undefined && !program.process.isPaused) {
      program.pause();
      this.#time.schedule(this.#chance.between(10, 8_000), () =>
        program.process.resume(this.#chance.isOneIn(2)),
      );
    }
  }

  #pauseServer(): void {
    const { process } = this.#server;
    process.pause();
    this.#time.schedule(this.#chance.between(10, 4_000), () =>
      process.resume(this.#chance.isOneIn(2)),
    );
  }

  #revoke(): void {
    const { name } = this.#chance.pick(LOCKS);
    this.#isRevoked(name);
    if (!this.#server.process.isPaused) {
      this.#server.revoke({ name });
    }
  }

  #isRevoked(name: string): void {
    this.#history.revoked(name, this.#time.now);
    for (const program of this.#programs) {
      program.revoked?.(name);
    }
  }

  #crash(how: 'kill' | 'power'): void {
    if (this.#server.process.isDead) {
      return;
    }
    this.#trace.note(`${this.#server.process.name} ends by ${how}`);
    this.#server.kill();
    if (how === 'power') {
      this.#disk.losePower(() => this.#chance.isOneIn(2));
    } else {
      this.#disk.killAll();
    }
    this.#serverIsGone({ isSilent: how === 'power' && this.#chance.isOneIn(2) });
    this.#startAgainIn(this.#chance.isOneIn(4) ? 4_000 : 300);
  }

  #stopServer(): void {
    const server = this.#server;
    if (!server.isServing || server.process.isPaused) {
      return;
    }
    this.#trace.note(`${server.process.name} stops`);
    for (const program of this.#programs) {
      program.cutOff();
    }
    const over = () => {
      if (!server.process.isDead) {
        this.#time.schedule(1, () => this.#crash('kill'), server.process);
      }
    };
    server.stop().then(over, over);
  }

  #serverIsGone({ isSilent }: { readonly isSilent: boolean }): void {
    for (const program of this.#programs) {
      program.cutOff();
    }
    for (const connections of this.#connections.values()) {
      for (const connection of connections) {
        connection.serverDied({ isSilent });
      }
    }
    this.#connections.clear();
  }

  #startAgainIn(msMax: number): void {
    this.#time.schedule(this.#chance.between(1, msMax), () => {
      this.#server = this.#newServer();
    });
  }

  /** At the moment that the server gives a lease away, its holder has to know that it can rely on it no longer. */
  #decided(facts: readonly Fact[]): void {
    for (const fact of facts) {
      this.#trace.note(JSON.stringify(fact));
      if (fact.type === 'lease-ended' && ['expired', 'session-ended'].includes(fact.reason)) {
        for (const program of this.#programs) {
          if (program.believes(fact.key)) {
            this.#oracle.blame(
              `${program.process.name} relies on ${fact.key}, which is ${fact.reason}`,
            );
          }
        }
      }
    }
  }

  #expectNothingOverdue(): void {
    const server = this.#server;
    if (server.isServing && !server.process.isPaused) {
      this.#oracle.expectNothingOverdue(server.now(), GRACE_MS);
    }
  }

  /** All that is wrong is put right, all programs leave, and in the end nothing may be left. */
  async #end(): Promise<void> {
    this.#trouble.trouble = { isSlow: false, failsOneIn: 0, shortOneIn: 0 };
    this.#server.process.resume();
    for (const program of this.#programs) {
      program.process.resume();
      this.#heal(program);
    }
    await this.#time.pass(QUIET_MS);
    this.#expect(this.#server.isServing, 'the server does not come back');
    for (const { process, believedKeys } of this.#programs) {
      const unfounded = believedKeys.filter((key) => !this.#oracle.has(key));
      this.#expect(
        unfounded.length === 0,
        `${process.name} was not told that it lost ${unfounded}`,
      );
    }
    for (let round = 0; round < ROUNDS_MAX && this.#isAnyoneBusy; round += 1) {
      this.#releaseAll();
      if (this.#serverWorld.keepsLeasesOfGone) {
        this.#revokeAll();
      }
      await this.#time.pass(300);
    }
    this.#expect(!this.#isAnyoneBusy, 'a request waits though nobody is in its way');
    for (const program of this.#programs) {
      program.close();
    }
    await this.#time.pass(QUIET_MS);
    for (const { isClosed, process } of this.#programs) {
      this.#expect(isClosed, `${process.name} does not close`);
    }
    if (this.#serverWorld.keepsLeasesOfGone) {
      this.#revokeAll();
      await this.#time.pass(300);
    }
    const { holderCount } = this.#oracle;
    this.#expect(holderCount === 0, 'leases are left when all are gone');
    this.#expect(this.#server.leaseCount === holderCount, 'the server counts leases that are not');
    this.#expect(this.#oracle.sessionCount === 0, 'sessions are left when all are gone');
    this.#expect(this.#server.streamSessionCount === 0, 'the doors know sessions that are over');
    this.#expect(
      this.#oracle.undecidedCount === 0,
      'requests are left in a queue when all are gone',
    );
  }

  get #isAnyoneBusy(): boolean {
    return [...this.#programs].some(({ isBusy, isClosed }) => isBusy && !isClosed);
  }

  #releaseAll(): void {
    for (const program of this.#programs) {
      while (program.heldCount > 0) {
        program.release();
      }
    }
  }

  /** Where the leases of those that are gone stay, an operator has to take them. */
  #revokeAll(): void {
    for (const lease of this.#oracle.holders) {
      this.#isRevoked(lease.name);
      this.#server.revoke(lease);
    }
  }

  #expect(isRight: boolean, violation: string): void {
    if (!isRight) {
      this.#oracle.blame(violation);
    }
  }

  #report(): SimulationReport {
    const { violations, grantCount, contendedCount, recoveryCount } = this.#oracle;
    return {
      seed: this.#seed,
      traceHash: this.#trace.digest(),
      violations: [...violations, ...faultsOf(this.#history)],
      operationCount: this.#operationCount,
      eventCount: this.#time.eventCount,
      grantCount,
      contendedCount,
      restartCount: recoveryCount - 1,
      faultCounts: this.#faultCounts,
    };
  }

  #count(what: string): void {
    this.#trace.note(what);
    this.#faultCounts[what] = (this.#faultCounts[what] ?? 0) + 1;
  }

  #next(): number {
    this.#keyCount += 1;
    return this.#keyCount;
  }
}
