/**
 * What lies between the simulation's clients and its server: connections as TCP gives them, each way in order.
 *
 * The faults:
 * - Delay: every message takes a time of its own; on a slow network now and then a long one.
 * - Cut: a connection breaks; what is under way is lost or still arrives, and each side hears of the
 *   end when it does, the server maybe long after the client has come back by another connection: what it
 *   was asked then arrives twice, by the old connection and by the new.
 * - Partition: what one or both sides send is held until it heals, or until they give the connection up.
 * - Death of a process: the other side hears of it soon, or not for long (a machine that lost power).
 * - A reader that is paused: what was sent waits, and the sender is held up when the window is full.
 */
import type { SeededRandom } from '../support/seeded-random.js';
import type { SimulatedProcess, SimulatedTime } from './simulated-time.js';

/** Of a client, for the messages of all its connections. */
export interface Weather {
  isSlow: boolean;
  holdsRequests: boolean;
  holdsAnswers: boolean;
}

/** What a side of a connection does when that is over for it. */
export type OnEnd = () => void;

/** Open → ended, for each side by itself. */
export class Connection {
  readonly toServer: Direction;
  readonly toClient: Direction;
  onClientEnd: OnEnd = () => undefined;
  onServerEnd: OnEnd = () => undefined;
  #isOverForClient = false;
  #isOverForServer = false;

  constructor(
    readonly number: number,
    readonly time: SimulatedTime,
    readonly chance: SeededRandom,
    readonly ends: {
      readonly client: SimulatedProcess;
      readonly server: SimulatedProcess;
      readonly weather: Weather;
    },
  ) {
    const { client, server, weather } = ends;
    const world = { time, chance, weather };
    this.toServer = new Direction(world, { from: client, to: server }, () => weather.holdsRequests);
    this.toClient = new Direction(world, { from: server, to: client }, () => weather.holdsAnswers);
  }

  get isOverForClient(): boolean {
    return this.#isOverForClient;
  }

  get isOverForServer(): boolean {
    return this.#isOverForServer;
  }

  /** The client hangs up. */
  endByClient(): void {
    if (!this.#isOverForClient) {
      this.#isOverForClient = true;
      this.toServer.send(() => this.#endServer());
    }
  }

  /** The server hangs up. */
  endByServer(): void {
    if (!this.#isOverForServer) {
      this.#endServer();
      this.toClient.send(() => this.#endClient());
    }
  }

  /** Each side hears of it in its own time. */
  cut({ isSilent }: { readonly isSilent: boolean }): void {
    for (const direction of [this.toServer, this.toClient]) {
      if (this.chance.isOneIn(2)) {
        direction.lose();
      }
    }
    const { client, server } = this.ends;
    this.time.schedule(this.#hearsAfterMs(false), () => this.#endClient(), client);
    this.time.schedule(this.#hearsAfterMs(isSilent), () => this.#endServer(), server);
  }

  clientDied({ isSilent }: { readonly isSilent: boolean }): void {
    const { server } = this.ends;
    this.time.schedule(this.#hearsAfterMs(isSilent), () => this.#endServer(), server);
  }

  serverDied({ isSilent }: { readonly isSilent: boolean }): void {
    this.toServer.lose();
    const { client } = this.ends;
    this.time.schedule(this.#hearsAfterMs(isSilent), () => this.#endClient(), client);
  }

  #hearsAfterMs(isSilent: boolean): number {
    return isSilent ? this.chance.between(100, 8_000) : this.chance.between(0, 3);
  }

  #endClient(): void {
    if (!this.#isOverForClient) {
      this.#isOverForClient = true;
      this.toClient.lose();
      this.onClientEnd();
    }
  }

  #endServer(): void {
    if (!this.#isOverForServer) {
      this.#isOverForServer = true;
      this.toServer.lose();
      this.onServerEnd();
    }
  }
}

/** Messages of one way. */
class Direction {
  readonly #world: {
    readonly time: SimulatedTime;
    readonly chance: SeededRandom;
    readonly weather: Weather;
  };
  readonly #ends: { readonly from: SimulatedProcess; readonly to: SimulatedProcess };
  readonly #isHeld: () => boolean;
  #held: (() => void)[] = [];
  #latestAt = 0;
  #isLost = false;

  constructor(
    world: {
      readonly time: SimulatedTime;
      readonly chance: SeededRandom;
      readonly weather: Weather;
    },
    ends: { readonly from: SimulatedProcess; readonly to: SimulatedProcess },
    isHeld: () => boolean,
  ) {
    this.#world = world;
    this.#ends = ends;
    this.#isHeld = isHeld;
  }

  send(deliver: () => void): void {
    if (this.#ends.from.isDead || this.#isLost) {
      return;
    }
    if (this.#isHeld()) {
      this.#held.push(deliver);
      return;
    }
    const { time } = this.#world;
    this.#latestAt = Math.max(this.#latestAt, time.now + this.#delayMs());
    const act = () => {
      if (!this.#isLost) {
        deliver();
      }
    };
    time.schedule(this.#latestAt - time.now, act, this.#ends.to);
  }

  /** What was held goes on its way, unless it is held again. */
  flow(): void {
    if (!this.#isHeld()) {
      for (const deliver of this.#held.splice(0)) {
        this.send(deliver);
      }
    }
  }

  /** What is under way never arrives. */
  lose(): void {
    this.#isLost = true;
    this.#held = [];
  }

  #delayMs(): number {
    const { chance, weather } = this.#world;
    return weather.isSlow && chance.isOneIn(4) ? chance.between(5, 400) : chance.between(0.05, 1);
  }
}
