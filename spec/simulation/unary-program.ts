/** Why: a program that locks by single calls over one connection, as released clients do, and notes for the history what it was told. */
import type { LockResponse } from '../../proto/generated/ldlm/LockResponse.js';
import type { Program, ProgramWorld } from './program.js';
import type { Connection } from './simulated-network.js';
import type { Door, UnaryMethod } from './simulated-server.js';
import { SimulatedProcess } from './simulated-time.js';

interface Held {
  readonly name: string;
  readonly key: string;
  readonly hasLease: boolean;
  /** Whether it may have been taken back already, whatever its lease. */
  isUnsure: boolean;
}

interface Call {
  /** Told once, unless the connection breaks first. */
  readonly onAnswer: (response: LockResponse) => void;
  readonly onLost: () => void;
  cancel: () => void;
  isAbandoned: boolean;
}

const RECONNECT_MS = 200;

/** Connected ⇄ disconnected → closed, or dead at any time. */
export class UnaryProgram implements Program {
  readonly process: SimulatedProcess;
  readonly #world: ProgramWorld;
  readonly #held = new Map<string, Held>();
  readonly #calls = new Set<Call>();
  #connection: Connection | undefined;
  #door: Door | undefined;
  /** When its connection was broken, maybe without its knowing. */
  #cutAt: number | undefined;
  isClosed = false;

  constructor(world: ProgramWorld, name: string) {
    this.#world = world;
    this.process = new SimulatedProcess(world.time, name);
    this.#connect();
  }

  /** Times are whole seconds on this wire. */
  acquire(
    { name, size }: { readonly name: string; readonly size: number },
    {
      waitMs,
      leaseMs,
    }: { readonly waitMs: number | undefined; readonly leaseMs: number | undefined },
  ): void {
    const { time, history } = this.#world;
    const leaseSeconds = leaseMs === undefined ? 0 : Math.ceil(leaseMs / 1_000);
    const waitSeconds = waitMs === undefined || waitMs === Infinity ? 0 : Math.ceil(waitMs / 1_000);
    const method = waitMs === undefined ? 'TryLock' : 'Lock';
    const request = {
      name,
      size,
      ...(method === 'Lock' && { wait_timeout_seconds: waitSeconds }),
      lock_timeout_seconds: leaseSeconds,
    };
    const askedAt = time.now;
    this.#call(method, request, {
      onAnswer: ({ locked = false, key = '', fencing_token, error }) => {
        const toldAt = time.now;
        if (locked) {
          const token = Number(fencing_token);
          this.#note(`${name} ${key} granted ${token}`);
          const endsAt = leaseSeconds === 0 ? Infinity : askedAt + leaseSeconds * 1_000;
          const mayEndFrom = Math.min(endsAt, this.#cutAt ?? Infinity);
          history.add(name, { kind: 'granted', key, token, size, askedAt, toldAt, mayEndFrom });
          const isUnsure = mayEndFrom < endsAt;
          this.#held.set(key, { name, key, hasLease: leaseSeconds > 0, isUnsure });
        } else if (method === 'TryLock' && !error) {
          this.#note(`${name} busy`);
          history.add(name, { kind: 'busy', size, askedAt, toldAt });
        } else {
          // It may have been, for as long as a lease that a slow disk outlasted.
          this.#note(`${name} not granted: ${error?.code}`);
          history.add(name, { kind: 'unknown', askedAt, toldAt: Infinity });
        }
      },
      onLost: () => history.add(name, { kind: 'unknown', askedAt, toldAt: Infinity }),
    });
  }

  release(): void {
    const held = this.#anyHeld();
    if (held === undefined) {
      return;
    }
    const { name, key } = held;
    const { time, history } = this.#world;
    const askedAt = time.now;
    this.#held.delete(key);
    history.mayEnd(key, askedAt);
    this.#call(
      'Unlock',
      { name, key },
      {
        onAnswer: ({ error }) => {
          const kind = error ? 'lost' : 'released';
          this.#note(`${name} ${key} ${kind}`);
          history.add(name, { kind, key, askedAt, toldAt: time.now });
        },
        onLost: () => undefined,
      },
    );
  }

  renew(leaseMs: number): void {
    const held = this.#anyHeld();
    if (held?.hasLease !== true) {
      return;
    }
    const { name, key } = held;
    const { time, history } = this.#world;
    const askedAt = time.now;
    const lock_timeout_seconds = Math.ceil(leaseMs / 1_000);
    const endsAt = askedAt + lock_timeout_seconds * 1_000;
    history.mayEnd(key, endsAt);
    this.#call(
      'Renew',
      { name, key, lock_timeout_seconds },
      {
        onAnswer: ({ locked = false }) => {
          const kind = locked ? 'renewed' : 'lost';
          this.#note(`${name} ${key} ${kind}`);
          history.add(name, { kind, key, askedAt, toldAt: time.now });
          if (!locked) {
            this.#held.delete(key);
          } else if (this.#held.get(key)?.isUnsure === false) {
            history.isExtended(key, endsAt);
          }
        },
        onLost: () => undefined,
      },
    );
  }

  abandon(): void {
    const [first] = this.#calls;
    if (first !== undefined) {
      this.#calls.delete(first);
      first.isAbandoned = true;
      first.onLost();
      this.#connection?.toServer.send(() => first.cancel());
    }
  }

  close(): void {
    this.isClosed = true;
    this.#isDisconnected();
    this.#connection?.endByClient();
  }

  kill(): void {
    this.process.kill();
    this.isClosed = true;
    this.#isDisconnected();
  }

  pause(): void {
    this.process.pause();
  }

  /** What the history knows of its end is not to be put off by a renewal's answer. */
  revoked(name: string): void {
    for (const held of this.#held.values()) {
      held.isUnsure ||= held.name === name;
    }
  }

  cutOff(): void {
    this.#cutAt ??= this.#world.time.now;
    for (const held of this.#held.values()) {
      held.isUnsure = true;
      this.#world.history.mayEnd(held.key, this.#world.time.now);
    }
  }

  get isBusy(): boolean {
    return this.#calls.size > 0;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** A connection's end frees what it holds, and the client may be the last to hear: it can rely on nothing. */
  believes(): boolean {
    return false;
  }

  get believedKeys(): readonly string[] {
    return [];
  }

  #connect(): void {
    const { network } = this.#world;
    const connection = network.connect(this.process);
    this.#connection = connection;
    this.#door = undefined;
    this.#cutAt = undefined;
    connection.onClientEnd = () => {
      this.#note('disconnected');
      this.#isDisconnected();
      this.#world.time.schedule(RECONNECT_MS, () => this.#reconnect(), this.process);
    };
    connection.toServer.send(() => {
      const door = network.accept(connection);
      connection.toClient.send(() => {
        this.#door = door;
      });
    });
  }

  #reconnect(): void {
    if (!this.isClosed) {
      this.#connect();
    }
  }

  #isDisconnected(): void {
    this.cutOff();
    this.#held.clear();
    this.#door = undefined;
    for (const call of this.#calls) {
      call.onLost();
    }
    this.#calls.clear();
  }

  #call(method: UnaryMethod, request: object, told: Pick<Call, 'onAnswer' | 'onLost'>): void {
    const connection = this.#connection;
    const door = this.#door;
    if (connection === undefined || door === undefined) {
      return;
    }
    const call: Call = { ...told, cancel: () => undefined, isAbandoned: false };
    this.#calls.add(call);
    connection.toServer.send(() => {
      call.cancel = door.call(method, request, (error, response) => {
        connection.toClient.send(() => {
          if (call.isAbandoned && method.endsWith('Lock')) {
            this.#giveBack((response ?? {}) as LockResponse);
          } else if (this.#calls.delete(call)) {
            if (error === null) {
              call.onAnswer(response as LockResponse);
            } else {
              call.onLost();
            }
          }
        });
      });
    });
  }

  /** A grant that had left the server when it was not wanted any more. */
  #giveBack({ locked = false, name = '', key = '' }: LockResponse): void {
    if (locked) {
      this.#call('Unlock', { name, key }, { onAnswer: () => undefined, onLost: () => undefined });
    }
  }

  #anyHeld(): Held | undefined {
    const held = [...this.#held.values()];
    return held[this.#world.chance.below(Math.max(1, held.length))];
  }

  #note(what: string): void {
    this.#world.trace.note(`${this.process.name} ${what}`);
  }
}
