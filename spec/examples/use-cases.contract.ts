/** What the example of a use case tells and does, in whatever language it is written. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LdlmClient } from '../../client/ldlm-client.js';
import { SpecFolder } from '../support/server-process.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { type ExampleCommand, ExampleProcess } from './example-process.js';

export type UseCase = 'primary' | 'tasks' | 'limit' | 'rate' | 'fence';

export interface ExampleLanguage {
  readonly useCases: readonly UseCase[];
  /** Makes what the programs need; may take minutes the first time. */
  prepare(): Promise<void>;
  command(useCase: UseCase, args: readonly string[]): ExampleCommand;
}

/** No example ends by itself within a spec that was told to work for so long. */
const FOR_EVER_SECONDS = '100000';

const ENDED_WELL = { code: 0, signal: null };

/** An example's processes beside a server of their own. */
class ExampleWorld {
  readonly folder = new SpecFolder();
  readonly server: TestServer;
  readonly client: LdlmClient;
  readonly #language: ExampleLanguage;
  readonly #processes: ExampleProcess[] = [];

  private constructor(language: ExampleLanguage, server: TestServer) {
    this.#language = language;
    this.server = server;
    this.client = new LdlmClient({ addresses: [server.address] });
  }

  static async create(language: ExampleLanguage): Promise<ExampleWorld> {
    return new ExampleWorld(language, await startTestServer());
  }

  start(useCase: UseCase, ...args: readonly string[]): ExampleProcess {
    return this.#started(this.#language.command(useCase, [this.server.address, ...args]));
  }

  /** With the server's address in the environment alone. */
  startWithEnvironment(useCase: UseCase): ExampleProcess {
    const command = this.#language.command(useCase, []);
    const environment = { ...command.environment, LDLM_ADDRESS: this.server.address };
    return this.#started({ ...command, environment });
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    await this.client.close();
    await this.server.stop();
    this.folder.remove();
  }

  #started(command: ExampleCommand): ExampleProcess {
    const process = new ExampleProcess(command);
    this.#processes.push(process);
    return process;
  }
}

type World = () => ExampleWorld;

const suites: Readonly<Record<UseCase, (world: World) => void>> = {
  primary: primaryAndSecondary,
  tasks: taskLocking,
  limit: limitedResource,
  rate: rateLimit,
  fence: fencedResource,
};

/** Call it once a language, in the spec of that language. */
export function useCasesContract(name: string, language: ExampleLanguage): void {
  describe(`The examples in ${name}`, function () {
    this.timeout(60_000);
    let world: ExampleWorld;

    before(async function () {
      this.timeout(300_000);
      await language.prepare();
    });

    beforeEach(async () => {
      world = await ExampleWorld.create(language);
    });

    afterEach(async () => {
      await world.end();
    });

    for (const useCase of language.useCases) {
      describe(`of ${useCase}`, () => suites[useCase](() => world));
    }
  });
}

const LEADS = /^replica \d+ is the primary, with fencing token (\d+)$/;

function primaryAndSecondary(world: World): void {
  it('leads, resigns when its work is done, and ends well', async () => {
    const only = world().start('primary', '1');
    expect(await only.exit).to.deep.equal(ENDED_WELL);
    const [, token = ''] = await only.until(LEADS);
    const me = `replica ${only.pid}`;
    expect(only.lines).to.deep.equal([
      `${me} is a secondary and waits`,
      `${me} is the primary, with fencing token ${token}`,
      `${me} works`,
      `${me} has resigned`,
    ]);
    expect(await world().client.tryLock('example/primary')).not.to.equal(null);
  });

  it('is a secondary while another leads, and leads once that one is killed', async () => {
    const first = world().start('primary', FOR_EVER_SECONDS);
    const [, firstToken] = await first.until(LEADS);
    const second = world().start('primary', '1');
    await second.until(/ is a secondary and waits$/);
    await first.until(/ works$/);
    expect(await world().client.tryLock('example/primary')).to.equal(null);
    expect(second.lines).to.have.length(1);
    await first.kill();
    const [, secondToken] = await second.until(LEADS);
    expect(Number(secondToken)).to.be.greaterThan(Number(firstToken));
    expect(await second.exit).to.deep.equal(ENDED_WELL);
  });

  it('stops, and fails, when it loses the lock', async () => {
    const replica = world().start('primary', FOR_EVER_SECONDS);
    await replica.until(LEADS);
    await world().server.server.administration.revoke({ name: 'example/primary' });
    await replica.until(new RegExp(`^replica ${replica.pid} stops: .`));
    expect(await replica.exit).to.deep.equal({ code: 1, signal: null });
    // It has not gone on with its work to the end, and then found out.
    expect(replica.lines).to.have.length.below(100);
  });
}

function taskLocking(world: World): void {
  it('does each task once, and what a worker that was killed had begun', async () => {
    const folder = world().folder.path;
    const killed = world().start('tasks', folder, FOR_EVER_SECONDS);
    await killed.until(/ begins report-1$/);
    const worker = world().start('tasks', folder, '0');
    await worker.until(/ leaves report-1 to somebody else$/);
    await worker.until(/ has done report-4$/);
    expect(readdirSync(folder).sort()).to.deep.equal(['report-2', 'report-3', 'report-4']);
    await killed.kill();
    expect(await worker.exit).to.deep.equal(ENDED_WELL);
    expect(worker.lines.at(-1)).to.equal(`All tasks are done; see ${folder}`);
    const doers = readdirSync(folder).map((task) => readFileSync(join(folder, task), 'utf8'));
    expect(doers).to.deep.equal(Array(4).fill(`worker ${worker.pid}\n`));
  });

  it('has nothing to do where all is done', async () => {
    const folder = world().folder.path;
    await world().start('tasks', folder, '0').exit;
    const second = world().start('tasks', folder, '0');
    expect(await second.exit).to.deep.equal(ENDED_WELL);
    expect(second.lines).to.deep.equal([`All tasks are done; see ${folder}`]);
  });

  it('shares the tasks among workers that begin at once, each done by one', async () => {
    const folder = world().folder.path;
    const workers = [1, 2, 3].map(() => world().start('tasks', folder, '0.1'));
    const exits = await Promise.all(workers.map(({ exit }) => exit));
    expect(exits).to.deep.equal(Array(3).fill(ENDED_WELL));
    const done = workers.flatMap(({ lines }) => lines).filter((line) => / has done /.test(line));
    expect(done.map((line) => line.split(' ').at(-1)).sort()).to.deep.equal(
      readdirSync(folder).sort(),
    );
    const doers = readdirSync(folder).map((task) => readFileSync(join(folder, task), 'utf8'));
    expect(doers.filter((doer) => !/^worker \d+\n$/.test(doer))).to.deep.equal([]);
  });
}

function limitedResource(world: World): void {
  async function seenMost(callers: ExampleProcess): Promise<number> {
    expect(await callers.exit).to.deep.equal(ENDED_WELL);
    const answered = callers.lines
      .map((line) => /^caller (\d+) was answered$/.exec(line)?.[1])
      .filter((number) => number !== undefined);
    expect(answered.map(Number)).to.have.members(Array.from({ length: 30 }, (_, i) => i + 1));
    const [, most] = await callers.until(/^The database saw (\d+) connections at once at most$/);
    return Number(most);
  }

  it('answers every caller, and never more than ten at once', async () => {
    expect(await seenMost(world().startWithEnvironment('limit'))).to.be.within(1, 10);
  });

  it('counts the slots that other programs have', async () => {
    const slots = world().client.semaphore('example/database', 10);
    await Promise.all(Array.from({ length: 7 }, () => slots.acquire()));
    expect(await seenMost(world().start('limit'))).to.be.within(1, 3);
  });
}

function rateLimit(world: World): void {
  it('sends what the mails of other programs leave room for, and the rest in its turn', async () => {
    const other = world().client;
    const limit = other.rateLimit('example/mail', { limit: 3, perMs: 600_000 });
    await Promise.all([limit.take(), limit.take(), limit.take()]);
    const mails = world().start('rate');
    await mails.until(/^mail 1 waits for its turn$/);
    expect(mails.lines).to.have.length(1);
    // Gives its places back.
    await other.close();
    expect(await mails.exit).to.deep.equal(ENDED_WELL);
    const sent = mails.lines.filter((line) => !line.endsWith(' waits for its turn'));
    expect(sent).to.deep.equal(Array.from({ length: 7 }, (_, i) => `mail ${i + 1} is sent`));
  });
}

function fencedResource(world: World): void {
  it('refuses the writer that slept past the end of its lease', async () => {
    const writers = world().start('fence');
    expect(await writers.exit).to.deep.equal(ENDED_WELL);
    const tokens = writers.lines.map((line) => Number(/ token (\d+)/.exec(line)?.[1]));
    const [first = 0, , second = 0] = tokens;
    expect(second).to.be.greaterThan(first);
    expect(writers.lines).to.deep.equal([
      `The store takes "first" with token ${first}`,
      'The first writer falls asleep, for longer than its lease',
      `The store takes "second" with token ${second}`,
      'The first writer wakes, and writes as if nothing had happened',
      `The store refuses "stale": token ${first} after ${second}`,
    ]);
  });
}
