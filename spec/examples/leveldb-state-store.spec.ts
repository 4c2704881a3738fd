/** The example store keeps the port’s contract, and the example server what its clients hold. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { ClassicLevel } from 'classic-level';
import {
  type Database,
  LevelDbStateStore,
} from '../../examples/leveldb-state-store/leveldb-state-store.js';
import type { StateStoreErrorCode } from '../../ports/outbound/state-store.js';
import { ended, granted, renewed } from '../contracts/some-facts.js';
import { GrpcWorldClient } from '../support/grpc-world.js';
import { type Exit, SpecFolder } from '../support/server-process.js';
import { stateStoreContract } from '../testing.js';

/** Where a database is; after a crash, the copy that was taken at that instant is. */
class DatabasePlace {
  readonly folder = new SpecFolder();
  path = this.folder.file('database');
  isDiskFull = false;
  #imageCount = 0;

  newStore(): LevelDbStateStore {
    return new LevelDbStateStore({
      folder: this.path,
      createDatabase: (folder) => {
        const level = new ClassicLevel(folder);
        return wrapped(level, async (...batch) => {
          if (this.isDiskFull) {
            this.isDiskFull = false;
            throw new Error('No space left on device');
          }
          await level.batch(...batch);
        });
      },
    });
  }

  /** A log may grow while it is copied, as before a torn write; whatever else changes, it is taken anew. */
  takeImage(): void {
    for (;;) {
      this.#imageCount += 1;
      const image = this.folder.file(`image-${this.#imageCount}`);
      const before = this.#shape();
      try {
        cpSync(this.path, image, { recursive: true });
        if (this.#shape() === before) {
          this.path = image;
          return;
        }
      } catch (error) {
        // LevelDB tidies up in a thread of its own.
        expect(error).to.have.property('code', 'ENOENT');
      }
    }
  }

  #shape(): string {
    const lengthOf = (file: string): number | undefined =>
      statSync(join(this.path, file), { throwIfNoEntry: false })?.size;
    return readdirSync(this.path)
      .map((file) => (file.endsWith('.log') ? file : `${file} ${lengthOf(file)}`))
      .join();
  }
}

function wrapped(level: ClassicLevel, batch: Database['batch']): Database {
  return {
    open: () => level.open(),
    iterator: () => level.iterator(),
    batch,
    close: () => level.close(),
  };
}

stateStoreContract('LevelDbStateStore', {
  supports: { durability: true, exclusiveOpen: true },
  createPlace: () => new DatabasePlace(),
  disposePlace: ({ folder }) => folder.remove(),
  newStore: (place) => place.newStore(),
  crash: async (place, store) => {
    place.takeImage();
    await store.close();
  },
  failNextWrite: (place) => {
    place.isDiskFull = true;
  },
});

describe('LevelDbStateStore', () => {
  let folder: SpecFolder;
  let path: string;

  beforeEach(() => {
    folder = new SpecFolder();
    path = folder.file('database');
  });

  afterEach(() => {
    folder.remove();
  });

  /** Keeps three groups of facts, so many that LevelDB's log has several blocks. */
  async function fill(): Promise<void> {
    const store = new LevelDbStateStore({ folder: path });
    await store.open();
    for (let index = 0; index < 600; index += 200) {
      await store.append(Array.from({ length: 200 }, (_, offset) => granted(index + offset)));
    }
    await store.append([ended(599), renewed(1, { leaseMs: 5 })]);
    await store.close();
  }

  async function alter(change: (database: ClassicLevel) => Promise<void>): Promise<void> {
    const database = new ClassicLevel(path);
    await change(database);
    await database.close();
  }

  async function expectRefusal(code: StateStoreErrorCode, message: RegExp): Promise<void> {
    const store = new LevelDbStateStore({ folder: path });
    const refusal = await store.open().catch((error: unknown) => error);
    expect(refusal).to.include({ name: 'StateStoreError', code });
    expect((refusal as Error).message)
      .to.contain(path)
      .and.to.match(message);
    await store.close();
  }

  it('writes what gathers while a write is under way as one batch, and syncs each', async () => {
    const batches: Parameters<Database['batch']>[] = [];
    let finishWrite: () => void = () => undefined;
    const store = new LevelDbStateStore({
      folder: path,
      createDatabase: () =>
        wrapped(new ClassicLevel(path), (...batch) => {
          batches.push(batch);
          return new Promise((resolve) => {
            finishWrite = resolve;
          });
        }),
    });
    await store.open();
    const first = store.append([granted(0)]);
    await Promise.resolve();
    const others = [1, 2, 3].map((index) => store.append([granted(index), ended(index)]));
    finishWrite();
    await first;
    await Promise.resolve();
    finishWrite();
    await Promise.all(others);
    await store.close();
    const puts = batches.map(([changes]) => changes.map(({ type, key }) => `${type} ${key}`));
    expect(puts).to.deep.equal([
      ['put lease/key-0', 'put ledger'],
      ['del lease/key-1', 'del lease/key-2', 'del lease/key-3', 'put ledger'],
    ]);
    expect(batches.map(([, options]) => options)).to.deep.equal([{ sync: true }, { sync: true }]);
  });

  it('finds out that LevelDB has dropped a part of its log without a word', async () => {
    await fill();
    const log = readdirSync(path).find((file) => file.endsWith('.log')) ?? '';
    const bytes = readFileSync(join(path, log));
    bytes.write('damage', Math.trunc(bytes.length / 4));
    writeFileSync(join(path, log), bytes);
    await expectRefusal('damaged', /not those that were written last; restore it from a backup/);
  });

  for (const [what, change, message] of [
    ['a lease was lost', (db) => db.del('lease/key-7'), /not those/],
    ['a lease came back', (db) => db.put('lease/key-599', '{}'), /not those/],
    ['a lease was changed', (db) => db.put('lease/key-7', '{"name":"other"}'), /not those/],
    ['a lease is no JSON', (db) => db.put('lease/key-7', '{'), /a row of it cannot be read/],
    ['the row of all was lost', (db) => db.del('ledger'), /not those/],
    ['the row of all is empty', (db) => db.put('ledger', ''), /not those/],
    ['it has a row of another program', (db) => db.put('users/1', ''), /the row "users\/1"/],
  ] as readonly (readonly [string, (db: ClassicLevel) => Promise<void>, RegExp])[]) {
    it(`refuses a database as damaged, and leaves it as it is, if ${what}`, async () => {
      await fill();
      await alter(change);
      await expectRefusal('damaged', message);
      await expectRefusal('damaged', message);
    });
  }

  it('refuses as damaged what LevelDB itself cannot read', async () => {
    await fill();
    writeFileSync(join(path, 'CURRENT'), 'nonsense');
    await expectRefusal('damaged', /Corruption: CURRENT file/);
  });

  it('says why a folder cannot be opened', async () => {
    writeFileSync(path, '');
    await expectRefusal('unavailable', /cannot be opened: EEXIST/);
  });

  it('opens once', async () => {
    const store = new LevelDbStateStore({ folder: path });
    await store.open();
    const again = await store.open().catch((error: unknown) => error);
    expect(again).to.include({ name: 'StateStoreError', code: 'closed' });
    await store.close();
  });
});

/** The example's program on a port of its own. */
class ExampleServer {
  readonly #program: ChildProcessByStdio<null, null, Readable>;
  readonly exit: Promise<Exit>;
  stderr = '';

  constructor(databaseFolder: string) {
    const main = 'examples/leveldb-state-store/main.ts';
    this.#program = spawn(process.execPath, ['--import', 'tsx', main, databaseFolder, '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.exit = once(this.#program, 'exit').then(([code, signal]) => ({ code, signal }));
  }

  /** @returns where it listens. */
  async listening(): Promise<string> {
    for await (const line of createInterface({ input: this.#program.stderr })) {
      this.stderr += `${line}\n`;
      const address = /Listening on ([^"]+)"/.exec(line)?.[1];
      if (address !== undefined) {
        return address;
      }
    }
    throw new Error(`the example did not start: ${this.stderr}`);
  }

  end(signal: NodeJS.Signals): Promise<Exit> {
    this.#program.kill(signal);
    return this.exit;
  }
}

describe('The example server on LevelDB', function () {
  this.timeout(60_000);
  let folder: SpecFolder;
  let servers: ExampleServer[];
  let clients: GrpcWorldClient[];

  beforeEach(() => {
    folder = new SpecFolder();
    servers = [];
    clients = [];
  });

  afterEach(async () => {
    for (const client of clients) {
      client.close();
    }
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    folder.remove();
  });

  function start(): ExampleServer {
    const server = new ExampleServer(folder.file('database'));
    servers.push(server);
    return server;
  }

  async function connect(server: ExampleServer): Promise<GrpcWorldClient> {
    const client = new GrpcWorldClient(await server.listening());
    clients.push(client);
    return client;
  }

  for (const [signal, exit] of [
    ['SIGKILL', { code: null, signal: 'SIGKILL' }],
    ['SIGTERM', { code: 0, signal: null }],
  ] as const) {
    it(`holds over ${signal} and a restart what a client locked before`, async () => {
      const first = start();
      const client = await connect(first);
      const held = await client.call('Lock', { name: 'invoice/42' });
      expect(await first.end(signal)).to.deep.equal(exit);
      const again = await connect(start());
      const refused = await again.call('TryLock', { name: 'invoice/42' });
      expect(refused).not.to.have.property('locked');
      const unlocked = await again.call('Unlock', { name: 'invoice/42', key: held.key });
      expect(unlocked).to.include({ unlocked: true });
      const next = await again.call('TryLock', { name: 'invoice/42' });
      expect(next.fencing_token).to.be.greaterThan(held.fencing_token ?? Infinity);
    });
  }

  it('is refused a database that another has open', async () => {
    await start().listening();
    const second = start();
    expect(await second.listening().catch((error: Error) => error.message)).to.contain(
      'is open in another process: stop that one first',
    );
    expect(await second.exit).to.deep.equal({ code: 1, signal: null });
  });
});
