/**
 * Why: several servers that share an etcd, as processes of this machine, and their clients, while a seed has one leader after
 * the other killed, stopped as it is, cut off from etcd or stopped in order. Nothing here waits for time to pass: the next
 * trouble comes when another server has led for so many answers.
 */
import { EventEmitter } from 'node:events';
import { CandidateProcess } from '../support/candidate-process.js';
import { untilSo } from '../support/asked-again.js';
import type { EtcdCluster } from '../support/etcd-cluster.js';
import { holdersTold } from '../support/holders-told.js';
import { SeededRandom } from '../support/seeded-random.js';
import type { ServerProcess } from '../support/server-process.js';
import { FailoverProbe, PROBED_LOCKS, RECOVERY_MS } from './failover-probe.js';
import { faultsOf } from './history-checker.js';
import { historyOf, ReportBook } from './report-book.js';
import type { ReportedLine } from './reported-line.js';
import { ReportingClient } from './reporting-client.js';
import { answersOutOfTerm, type KnownTerm, TermBook } from './term-book.js';

export const FAILOVERS = [
  'leader killed',
  'leader killed, and the next before it answers',
  'leader paused beyond its term',
  'leader paused beyond its term, at rest',
  'leader cut off from etcd',
  'leader cut off from etcd, at rest',
  'leader hears nothing of etcd',
  'leader reaches etcd late',
  'leader stops in order',
] as const;

export type Failover = (typeof FAILOVERS)[number];

export interface FailoverCourseOptions {
  readonly seed: number;
  readonly cluster: EtcdCluster;
  /** Of this course alone. */
  readonly prefix: string;
  readonly servers: 2 | 3;
  readonly from: 'source' | 'dist';
  readonly failovers: readonly Failover[];
}

/** How long the sessions of clients outlive their streams: some outlive a failover and some do not. */
const CLIENTS = [
  { isUnary: false, recoveryWindowMs: 10_000 },
  { isUnary: false, recoveryWindowMs: 10_000 },
  { isUnary: false, recoveryWindowMs: 1_000 },
  { isUnary: true, recoveryWindowMs: 0 },
  { isUnary: true, recoveryWindowMs: 0 },
] as const;

/** Restored leases last longer than any that clients ask for by single calls. */
const SERVER_ARGS = [
  ...['--leader_ttl', '2s', '-d', '1s'],
  ...['--recovery_window_max', `${RECOVERY_MS}ms`],
];

/** Longer than it takes until the next one leads. */
const LATE_MS = 5_000;

interface Member {
  readonly client: ReportingClient;
  readonly book: ReportBook;
}

interface Leader {
  readonly term: KnownTerm;
  readonly server: CandidateProcess;
}

/** Made ready → over. */
export class FailoverCourse {
  readonly #options: FailoverCourseOptions;
  readonly #random: SeededRandom;
  readonly #terms: TermBook;
  readonly #heard = new EventEmitter();
  readonly #members: Member[] = [];
  readonly #probes: FailoverProbe[] = [];
  readonly #faults: string[] = [];
  /** Those that are ended by this course itself. */
  readonly #doomed = new Set<ServerProcess>();
  /** Rejects when a server ends by itself. */
  readonly #collapse: Promise<never>;
  #reportCollapse!: (fault: Error) => void;
  #servers: CandidateProcess[] = [];
  /** When the clients are idle again. */
  #idle: readonly Promise<void>[] = [];

  constructor(options: FailoverCourseOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    this.#terms = new TermBook(options.cluster.administration.connect(), options.prefix);
    this.#heard.setMaxListeners(100);
    this.#collapse = new Promise((_, reject) => {
      this.#reportCollapse = reject;
    });
    this.#collapse.catch(() => undefined);
  }

  /** @throws Error when a server ends by itself, which is one of the faults. */
  async run(): Promise<void> {
    try {
      await Promise.race([this.#take(), this.#collapse]);
    } finally {
      await this.#clear();
    }
  }

  async #take(): Promise<void> {
    await this.#begin();
    for (const [index, failover] of this.#options.failovers.entries()) {
      await this.#underLoad(failover, `/${index}`);
    }
  }

  /** How often the lead went on to another term. */
  get failoverCount(): number {
    return this.#terms.terms.length - 1;
  }

  get books(): readonly ReportBook[] {
    return this.#members.map(({ book }) => book);
  }

  /** How many things were asked and told, or tried to be. */
  get operationCount(): number {
    return [...this.#judgement.history.entries.values()].flat().length;
  }

  /** What is wrong with all that was told, in words; first what is found soonest. */
  *faults(): Generator<string> {
    const { history, faults } = this.#judgement;
    const answers = [...this.books, ...this.#probes].flatMap((book) => book.answers);
    yield* this.#faults;
    yield* this.#probes.flatMap((probe) => probe.faults);
    yield* faults;
    yield* answersOutOfTerm(answers, this.#terms.terms);
    yield* faultsOf(history);
  }

  get #judgement(): ReturnType<typeof historyOf> {
    // Unlike that of a server with a journal, no end of a connection ends a lease that its client was told of.
    const judgement = historyOf(this.books, [], { areCareful: true });
    for (const [name, entry] of this.#probes.flatMap(({ entries }) => entries)) {
      judgement.history.add(name, entry);
    }
    return judgement;
  }

  async #begin(): Promise<void> {
    const { cluster, prefix, servers, from, seed } = this.#options;
    await this.#terms.watch();
    const start = { cluster, prefix, from, args: SERVER_ARGS };
    this.#servers = await Promise.all(
      Array.from({ length: servers }, () => CandidateProcess.launch(start)),
    );
    for (const server of this.#servers) {
      this.#expectToLast(server.process);
    }
    await this.#whoLeads();
    const addresses = this.#servers.map(({ address }) => address);
    for (const [index, terms] of CLIENTS.entries()) {
      const name = `client-${index}`;
      const book = new ReportBook({ name, isUnary: terms.isUnary });
      const report = (line: ReportedLine): void => {
        book.note(line);
        this.#heard.emit('line', book, line);
      };
      const random = new SeededRandom(seed + index);
      const client = new ReportingClient({ ...terms, addresses, name, random, report });
      this.#members.push({ client, book });
    }
  }

  /** Every client takes turns, about locks of this failover alone: what nobody was told of one explains nothing of the next. */
  async #underLoad(failover: Failover, suffix: string): Promise<void> {
    for (const { client } of this.#members) {
      client.turnToOthers(suffix);
    }
    this.#work();
    await this.#lines(5 + this.#random.below(20), 'granted');
    const { server } = await this.#whoLeads();
    const probe = await FailoverProbe.begin(server.address, suffix);
    this.#probes.push(probe);
    await this.#lines(1 + this.#random.below(20), 'granted');
    probe.expectFailover();
    await this.#bring(failover, probe);
    await this.#lines(10, 'granted');
    await this.#terms.look();
    await probe.close();
    await this.#rest();
  }

  #work(): void {
    this.#idle = this.#members.map(({ client, book }) => {
      client.takeTurns(Number.POSITIVE_INFINITY);
      return this.#lines(1, 'idle', book);
    });
  }

  /** Waits until all that clients asked is answered, and all that they held is given back. */
  async #rest(): Promise<void> {
    for (const { client } of this.#members) {
      client.rest();
    }
    await Promise.all(this.#idle);
  }

  async #bring(failover: Failover, probe: FailoverProbe): Promise<void> {
    const old = await this.#whoLeads();
    const { server } = old;
    const { wire } = server;
    switch (failover) {
      case 'leader killed':
        await this.#restart(server, 'SIGKILL');
        return this.#replaced(probe, old);
      case 'leader killed, and the next before it answers': {
        await this.#restart(server, 'SIGKILL');
        const next = await this.#whoLeads({ after: old, isMute: true });
        await this.#restart(next.server, 'SIGKILL');
        return this.#replaced(probe, next);
      }
      case 'leader stops in order':
        await this.#restart(server, 'SIGTERM');
        return this.#replaced(probe, old);
      case 'leader paused beyond its term, at rest':
        return this.#atRest(old, async () => {
          server.process.signal('SIGSTOP');
          await this.#replaced(probe, old);
          // When it goes on it has nothing but its clock to tell it.
          wire.blackhole();
          const told = probe.readOld();
          server.process.signal('SIGCONT');
          await told;
          await this.#askOld(probe, () => wire.restore());
        });
      case 'leader paused beyond its term':
        server.process.signal('SIGSTOP');
        await this.#replaced(probe, old);
        return this.#askOld(probe, () => server.process.signal('SIGCONT'));
      case 'leader cut off from etcd, at rest':
        return this.#atRest(old, async () => {
          wire.blackhole();
          await this.#replaced(probe, old);
          await probe.readOld();
          await this.#askOld(probe, () => wire.restore());
        });
      case 'leader cut off from etcd':
        wire.blackhole();
        probe.askCutOff();
        await this.#replaced(probe, old);
        return this.#askOld(probe, () => wire.restore());
      case 'leader hears nothing of etcd':
        wire.holdAnswers();
        probe.askCutOff();
        await this.#replaced(probe, old);
        return this.#askOld(probe, () => wire.cut());
      case 'leader reaches etcd late':
        wire.delay(LATE_MS);
        probe.askCutOff();
        await this.#replaced(probe, old);
        return this.#askOld(probe, () => wire.restore());
      default:
        failover satisfies never;
    }
  }

  /** What is being kept holds back all other answers, and would hide that nothing else does. */
  async #atRest({ server }: Leader, trouble: () => Promise<void>): Promise<void> {
    await this.#rest();
    // What clients gave up by themselves is kept to have ended when its time on the server is over.
    const { socketFile } = server.process;
    await untilSo(async () => (await holdersTold(socketFile)).length <= PROBED_LOCKS);
    await trouble();
    this.#work();
  }

  /** Waits until another term has begun; then that changes which the old leader knows. */
  async #replaced(probe: FailoverProbe, old: Leader): Promise<void> {
    const { server } = await this.#whoLeads({ after: old });
    await probe.changeAt(server.address);
  }

  /** The old leader, which may go on now, is asked what it may not answer, and nobody but it can. */
  async #askOld(probe: FailoverProbe, goOn: () => void): Promise<void> {
    const told = probe.readOld();
    goOn();
    await told;
    await probe.writeOld();
    await this.#terms.look();
  }

  /** Waits until somebody leads, and takes connections unless it may be mute; on a busy machine leaders may fall by themselves. */
  async #whoLeads({
    after,
    isMute = false,
  }: {
    readonly after?: Leader;
    readonly isMute?: boolean;
  } = {}): Promise<Leader> {
    let leader: Leader | undefined;
    await untilSo(async () => {
      const term = await this.#terms.look();
      const server = this.#servers.find(({ address }) => address === term?.address);
      leader = term && server && { term, server };
      const isAnother = leader !== undefined && leader.term !== after?.term;
      return isAnother && (isMute || (await server?.takesConnections()) === true);
    });
    return leader as unknown as Leader;
  }

  async #restart(server: CandidateProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#doomed.add(server.process);
    await server.process.end(signal);
    server.launchAgain();
    this.#expectToLast(server.process);
  }

  #expectToLast(process: ServerProcess): void {
    process.exit.then(
      ({ code, signal }) => {
        if (!this.#doomed.has(process)) {
          const fault = `a server ended by ${signal ?? code}: ${process.lines.at(-1)}`;
          this.#faults.push(fault);
          this.#reportCollapse(new Error(fault));
        }
      },
      (error: Error) => this.#reportCollapse(error),
    );
  }

  /** Waits for so many lines of that kind, of all clients together unless one is named. */
  #lines(count: number, kind: ReportedLine['kind'], of?: ReportBook): Promise<void> {
    let left = count;
    return new Promise((resolve) => {
      const hear = (book: ReportBook, line: ReportedLine): void => {
        left -= line.kind === kind && (of ?? book) === book ? 1 : 0;
        if (left <= 0) {
          this.#heard.off('line', hear);
          resolve();
        }
      };
      this.#heard.on('line', hear);
    });
  }

  async #clear(): Promise<void> {
    await Promise.all(this.#members.map(({ client }) => client.close()));
    await this.#terms.close();
    for (const { process } of this.#servers) {
      this.#doomed.add(process);
    }
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
