/**
 * Why: a server with a journal and its clients as processes of this machine, and what a seed has become of them: killed,
 * stopped, started again, while locks go to and fro. Nothing here waits for time to pass: each trouble lasts until something has
 * happened that only it brings about, and the load is counted.
 */
import { EventEmitter } from 'node:events';
import { SeededRandom } from '../support/seeded-random.js';
import { ServerProcess, SpecFolder } from '../support/server-process.js';
import { ClientProcess } from './client-process.js';
import { ReportBook } from './report-book.js';
import { type ReportedLine, sharedNow } from './reported-line.js';
import { LOCKS, ReportingClient } from './reporting-client.js';

export interface CourseOptions {
  readonly seed: number;
  /** Whether the server has a state file. */
  readonly keepsState: boolean;
  /** How many clients there are beside the witness; one that uses the stream at the least. */
  readonly clientCounts: { readonly stream: number; readonly unary: number };
  /** How long sessions outlive their streams at the least, and at the most. */
  readonly recoveryWindowMs: { readonly least: number; readonly most: number };
  readonly troubles: readonly Trouble[];
}

export const TROUBLES = [
  'client killed',
  'client holds while the server is killed',
  'client stopped beyond its lease',
  'client stopped beyond its session',
  'client stopped briefly',
  'client stopped while the server is killed',
  'server killed for longer than a session lasts',
  'server stopped beyond all sessions',
  'server stopped briefly',
  'server stops in order',
] as const;

/** A server without a state file is killed while somebody holds a lock, which somebody else is given then. */
export type Trouble = (typeof TROUBLES)[number] | 'server forgets';

const TURNS = 12;
/** Of the witness; restored leases last as long. */
const SHORT_WINDOW_MS = 1_000;
const PARKED_LEASE_MS = 300;
/** Long past the last of those who hold a lock now. */
const PARKED_WAIT_MS_MAX = 30_000;

interface SizedName {
  readonly name: string;
  readonly size: number;
}

/** Made ready → over. */
export class ProcessCourse {
  readonly books: ReportBook[] = [];
  /** When the connections of the server were about to break. */
  readonly cutsAt: number[] = [];
  readonly #options: CourseOptions;
  readonly #random: SeededRandom;
  readonly #folder = new SpecFolder();
  readonly #heard = new EventEmitter();
  readonly #clients = new Map<string, ClientProcess>();
  #server!: ServerProcess;
  #address = '';
  /** Takes part, and is never in trouble itself: what it is told is what a trouble has brought about. */
  #witness!: ReportingClient;
  readonly #witnessBook = new ReportBook({ name: 'witness', isUnary: false });

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#heard.setMaxListeners(100);
    this.books.push(this.#witnessBook);
  }

  async run(): Promise<void> {
    try {
      await this.#begin();
      for (const trouble of this.#options.troubles) {
        await this.#underLoad(trouble);
      }
      await this.#end();
    } finally {
      await this.#clear();
    }
  }

  async #begin(): Promise<void> {
    await this.#startServer();
    this.#witness = new ReportingClient({
      addresses: [this.#address],
      name: 'witness',
      isUnary: false,
      recoveryWindowMs: SHORT_WINDOW_MS,
      random: new SeededRandom(this.#options.seed),
      report: (line) => {
        this.#witnessBook.note(line);
        this.#heard.emit('witness', line);
      },
    });
    const started: Promise<unknown>[] = [this.#glance()];
    const { stream, unary } = this.#options.clientCounts;
    for (let index = 0; index < stream + unary; index += 1) {
      started.push(this.#startClient({ isUnary: index >= stream }).next('ready'));
    }
    await Promise.all(started);
  }

  /** Every client takes its turns; the trouble comes when some lines have been heard. */
  async #underLoad(trouble: Trouble): Promise<void> {
    // Who is killed is not heard of again; who comes in its place has no turns yet.
    const idle = Promise.allSettled(
      [...this.#clients.values()].map((client) => this.#giveTurns(client)),
    );
    await this.#lines(5 + this.#random.below(60));
    await this.#bring(trouble);
    await idle;
  }

  #giveTurns(client: ClientProcess): Promise<unknown> {
    const idle = client.next('idle');
    client.tell({ kind: 'turns', count: TURNS });
    return idle;
  }

  async #bring(trouble: Trouble): Promise<void> {
    const victim = this.#random.pick([...this.#clients.values()]);
    const lock = this.#random.pick(LOCKS);
    switch (trouble) {
      case 'client killed':
        await this.#replace(victim);
        return;
      case 'client stopped briefly':
        victim.stop();
        await this.#glance();
        victim.goOn();
        return;
      case 'client stopped beyond its lease':
        await this.#park(victim, lock, PARKED_LEASE_MS);
        await this.#whileStopped(victim, lock, () => Promise.resolve());
        return;
      case 'client stopped beyond its session':
        await this.#park(this.#streamClient, lock, undefined);
        await this.#whileStopped(this.#streamClient, lock, () => Promise.resolve());
        return;
      case 'client stopped while the server is killed':
        await this.#park(victim, lock, PARKED_LEASE_MS);
        await this.#whileStopped(victim, lock, () => this.#restart('SIGKILL'));
        return;
      case 'client holds while the server is killed':
        await this.#park(this.#streamClient, lock, undefined);
        await this.#restart('SIGKILL');
        await this.#glance(lock);
        this.#streamClient.tell({ kind: 'letGo' });
        return;
      case 'server forgets':
        await this.#park(this.#streamClient, lock, undefined);
        await this.#restart('SIGKILL');
        await this.#takeAll(lock);
        this.#streamClient.tell({ kind: 'letGo' });
        return;
      case 'server killed for longer than a session lasts':
        await this.#restart('SIGKILL', () => this.#sessionLost());
        return;
      case 'server stops in order':
        await this.#restart('SIGTERM');
        return;
      case 'server stopped briefly':
        this.#server.signal('SIGSTOP');
        await this.#waitInVain();
        this.#server.signal('SIGCONT');
        return;
      case 'server stopped beyond all sessions': {
        const lost = this.#sessionLost();
        this.#server.signal('SIGSTOP');
        await lost;
        this.#server.signal('SIGCONT');
        await this.#glance();
        return;
      }
      default:
        trouble satisfies never;
    }
  }

  /**
   * The victim, which holds the lock, is stopped, and goes on when somebody else has had every slot of it, so that it has
   * lost what it believed in.
   */
  async #whileStopped(
    victim: ClientProcess,
    lock: SizedName,
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    victim.stop();
    await meanwhile();
    await this.#takeAll(lock);
    victim.goOn();
    victim.tell({ kind: 'letGo' });
  }

  /** Until the client has taken the lock, to keep it until it is told to let it go. */
  async #park(client: ClientProcess, lock: SizedName, leaseMs: number | undefined): Promise<void> {
    const parked = client.next('parked');
    client.tell({ kind: 'park', terms: { ...lock, waitMs: PARKED_WAIT_MS_MAX, leaseMs } });
    if (!(await parked).isHeld) {
      throw new Error(`${client.name} could not have ${lock.name}`);
    }
  }

  /** Waits until the witness has had all slots of the lock at once. */
  async #takeAll({ name, size }: SizedName): Promise<void> {
    const terms = { name, size, waitMs: Number.POSITIVE_INFINITY, leaseMs: undefined };
    const taken = Array.from({ length: size }, () => this.#witness.park(terms));
    await Promise.all(taken);
    await this.#witness.letGo();
  }

  /** One round trip of the witness. */
  async #glance(lock: SizedName = this.#random.pick(LOCKS)): Promise<void> {
    await this.#witness.park({ ...lock, waitMs: undefined, leaseMs: undefined });
    await this.#witness.letGo();
  }

  /** Until the witness has waited for a lock, and gone. */
  async #waitInVain(): Promise<void> {
    const lock = this.#random.pick(LOCKS);
    await this.#witness.park({
      ...lock,
      waitMs: 100 + this.#random.below(300),
      leaseMs: undefined,
    });
    await this.#witness.letGo();
  }

  /** Until the witness, which has a session at any time, has lost it. */
  #sessionLost(): Promise<void> {
    return new Promise((resolve) => {
      const hear = ({ kind }: ReportedLine): void => {
        if (kind === 'sessionLost') {
          this.#heard.off('witness', hear);
          resolve();
        }
      };
      this.#heard.on('witness', hear);
    });
  }

  async #restart(
    signal: 'SIGKILL' | 'SIGTERM',
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const over = meanwhile();
    this.cutsAt.push(sharedNow());
    await this.#server.end(signal);
    await over;
    await this.#startServer();
    // Whatever comes next finds the witness with a session.
    await this.#glance();
  }

  async #startServer(): Promise<void> {
    const args = [
      ...(this.#address === '' ? [] : ['-l', this.#address]),
      ...(this.#options.keepsState ? ['-s', this.#folder.file('state')] : []),
      ...['-d', `${SHORT_WINDOW_MS}ms`],
    ];
    this.#server = await ServerProcess.start(this.#folder, args, {}, 'dist');
    this.#address = this.#server.address;
  }

  /** One that is there from the beginning to the end. */
  get #streamClient(): ClientProcess {
    const client = [...this.#clients.values()].find(({ book }) => !book.isUnary);
    if (client === undefined) {
      throw new Error('there is no client that uses a stream');
    }
    return client;
  }

  #startClient({ isUnary }: { readonly isUnary: boolean }): ClientProcess {
    const name = `${isUnary ? 'unary' : 'stream'}-${this.books.length}`;
    const { least, most } = this.#options.recoveryWindowMs;
    const client = new ClientProcess(
      {
        addresses: [this.#address],
        name,
        isUnary,
        recoveryWindowMs: Math.round(this.#random.between(least, most)),
        seed: this.#random.below(2 ** 31),
      },
      this.#heard,
    );
    this.books.push(client.book);
    this.#clients.set(name, client);
    return client;
  }

  async #replace(victim: ClientProcess): Promise<void> {
    this.#clients.delete(victim.name);
    await victim.kill();
    await this.#startClient(victim.book).next('ready');
  }

  /** Waits for so many lines of all clients together. */
  #lines(count: number): Promise<void> {
    let left = count;
    return new Promise((resolve) => {
      const hear = (): void => {
        left -= 1;
        if (left <= 0) {
          this.#heard.off('line', hear);
          resolve();
        }
      };
      this.#heard.on('line', hear);
    });
  }

  /** All is given back in the end: whatever was lost on the way is free when its time is over. */
  async #end(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
    this.#clients.clear();
    for (const lock of LOCKS) {
      await this.#takeAll(lock);
    }
    await this.#witness.close();
  }

  async #clear(): Promise<void> {
    await this.#witness?.close();
    await Promise.all([...this.#clients.values()].map((client) => client.kill()));
    await this.#server?.end('SIGKILL');
    this.#folder.remove();
  }
}
