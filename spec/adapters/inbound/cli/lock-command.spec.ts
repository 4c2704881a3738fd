import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import type {
  AdministrationClient,
  Listing,
} from '../../../../adapters/inbound/cli/administration-client.js';
import { runLockCommand } from '../../../../adapters/inbound/cli/lock-command.js';
import { RunMisuse } from '../../../../adapters/inbound/cli/run-command-line.js';
import { refusalToLine } from '../../../../adapters/inbound/cli/refusal-to-line.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { type RefusalCode, refused } from '../../../../domain/refusal.js';
import type { RevokeAnswer, RevokeRequest } from '../../../../ports/inbound/administration.js';
import { anyHolder, anyText, someHolder } from '../../../support/some-holder.js';

/** A server that holds `holders` and answers every unlock alike. */
class ScriptedClient implements AdministrationClient {
  holders: readonly HolderDescription[] = [];
  answer: RevokeAnswer = { kind: 'revoked', key: 'k' };
  failure: Error | undefined;
  readonly socketPaths: string[] = [];
  readonly unlocked: RevokeRequest[] = [];

  async list(name?: string): Promise<Listing> {
    this.#failIfTold();
    const holders = this.holders.filter((holder) => name === undefined || holder.name === name);
    return { holders, now: 1_060_000 };
  }

  async unlock(request: RevokeRequest): Promise<RevokeAnswer> {
    this.#failIfTold();
    this.unlocked.push(request);
    return this.answer;
  }

  #failIfTold(): void {
    if (this.failure !== undefined) {
      throw this.failure;
    }
  }
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('runLockCommand', () => {
  let client: ScriptedClient;
  /** What `run` was given, each time. */
  let ran: (readonly string[])[];
  let runFailure: Error | undefined;

  beforeEach(() => {
    client = new ScriptedClient();
    ran = [];
    runFailure = undefined;
  });

  async function run(
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Ran> {
    const output = { stdout: new PassThrough(), stderr: new PassThrough() };
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      output[name].on('data', (chunk) => {
        text[name] += String(chunk);
      });
    }
    const status = await runLockCommand({
      argv,
      environment,
      ...output,
      connect: (socketPath) => {
        client.socketPaths.push(socketPath);
        return client;
      },
      defaultSocketPath: '/default.sock',
      version: '1.2.3',
      run: async (words) => {
        ran.push(words);
        if (runFailure !== undefined) {
          throw runFailure;
        }
        return 7;
      },
    });
    return { status, ...text };
  }

  describe('run', () => {
    it('hands on what follows, and ends as the command did', async () => {
      const outcome = await run(['run', 'job', '--', 'sh', '-c', 'exit 7', '--help']);
      expect(outcome).to.deep.equal({ status: 7, stdout: '', stderr: '' });
      expect(ran).to.deep.equal([['job', '--', 'sh', '-c', 'exit 7', '--help']]);
    });

    it('prints how it is used when it is asked before the command', async () => {
      expect((await run(['run', '--help'])).stdout).to.contain('ldlm-lock run [OPTIONS] NAME --');
      expect(ran).to.deep.equal([]);
    });

    it('says what was not understood, with status 80', async () => {
      runFailure = new RunMisuse('expected -- and a command');
      expect(await run(['run', 'job'])).to.deep.equal({
        status: 80,
        stdout: '',
        stderr: 'ldlm-lock: error: expected -- and a command; see ldlm-lock --help\n',
      });
    });

    it('says what went wrong, with status 1', async () => {
      runFailure = new Error('no server could be reached');
      expect(await run(['run', 'job', '--', 'true'])).to.deep.include({
        status: 1,
        stderr: 'ldlm-lock: error: no server could be reached\n',
      });
    });
  });

  describe('list', () => {
    it('says so when nothing is locked', async () => {
      const nothing = { status: 0, stdout: 'No locks found\n', stderr: '' };
      expect(await run(['list'])).to.deep.equal(nothing);
      expect(await run(['list', '--long'])).to.deep.equal(nothing);
    });

    it('prints holders by name and then by fencing token', async () => {
      client.holders = [
        someHolder({ name: 'b', key: 'k3', fencingToken: 10 }),
        someHolder({ name: 'b', key: 'k2', fencingToken: 9 }),
        someHolder({ name: 'a', key: 'k4', fencingToken: 11 }),
        someHolder({ name: 'B', key: 'k1', fencingToken: 12 }),
      ];
      expect(await run(['list'])).to.deep.equal({
        status: 0,
        stdout:
          '{Name: B, Key: k1, Size: 1}\n{Name: a, Key: k4, Size: 1}\n' +
          '{Name: b, Key: k2, Size: 1}\n{Name: b, Key: k3, Size: 1}\n',
        stderr: '',
      });
    });

    it('prints a table if asked for the long form', async () => {
      client.holders = [someHolder()];
      const { stdout } = await run(['list', '-l']);
      expect(stdout).to.match(/^NAME .*\na .* 1m0s +9m0s /);
    });

    it('prints one JSON array if asked for it, by name too', async () => {
      client.holders = [someHolder({ name: 'b' }), someHolder({ name: 'a' })];
      const { stdout } = await run(['list', '--json']);
      const found = JSON.parse(stdout) as HolderDescription[];
      expect(found.map(({ name }) => name)).to.deep.equal(['a', 'b']);
    });

    it('prints an empty JSON array when nothing is locked', async () => {
      expect((await run(['list', '--json'])).stdout).to.equal('[]\n');
    });

    it('prints whatever is held, one line a holder', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyHolder, { minLength: 1 }), async (holders) => {
          client.holders = holders;
          const { status, stdout } = await run(['list']);
          expect(status).to.equal(0);
          expect(stdout.split('\n').length).to.equal(holders.length + 1);
        }),
      );
    });
  });

  describe('unlock', () => {
    it('says what it has unlocked', async () => {
      const unlocked = { status: 0, stdout: 'Unlocked: b c\n', stderr: '' };
      expect(await run(['unlock', 'b c'])).to.deep.equal(unlocked);
      expect(await run(['unlock', 'b c', 'k'])).to.deep.equal(unlocked);
      expect(client.unlocked).to.deep.equal([{ name: 'b c' }, { name: 'b c', key: 'k' }]);
    });

    it('asks for any name and key as they were given', async () => {
      await fc.assert(
        fc.asyncProperty(anyText, anyText, async (name, key) => {
          const { status, stdout } = await run(['unlock', '--', name, key]);
          expect(status).to.equal(0);
          expect(stdout.split('\n').length).to.equal(2);
          expect(client.unlocked.at(-1)).to.deep.equal({ name, key });
        }),
      );
    });

    const refusals: readonly (readonly [RefusalCode, string])[] = [
      ['lock-unknown', 'a lock by that name does not exist\n'],
      ['key-invalid', 'invalid lock key\n'],
      ['server-stopping', 'the server is stopping: try again when it is back\n'],
    ];
    for (const [code, stderr] of refusals) {
      it(`prints the refusal ${code} to stderr and fails`, async () => {
        client.answer = refused(code);
        expect(await run(['unlock', 'a', 'k'])).to.deep.equal({ status: 1, stdout: '', stderr });
      });
    }

    it('says how many hold a lock when it needs a key', async () => {
      client.answer = refused('key-needed');
      client.holders = [someHolder(), someHolder(), someHolder({ name: 'b' })];
      expect(await run(['unlock', 'a'])).to.deep.equal({
        status: 1,
        stdout: '',
        stderr: 'the lock has 2 holders: give the key of one, as ldlm-lock list shows it\n',
      });
    });

    it('does not say how many if they have gone meanwhile', async () => {
      client.answer = refused('key-needed');
      client.holders = [someHolder()];
      expect((await run(['unlock', 'a'])).stderr).to.equal(`${refusalToLine('key-needed')}\n`);
    });
  });

  describe('looking for the socket', () => {
    const ways: readonly (readonly [string, string[], Record<string, string>, string])[] = [
      ['the default', ['list'], {}, '/default.sock'],
      ['the environment', ['list'], { LDLM_IPC_SOCKET_FILE: '/e' }, '/e'],
      ['the option', ['list', '-s', '/o'], { LDLM_IPC_SOCKET_FILE: '/e' }, '/o'],
      ['the default again', ['list'], { LDLM_IPC_SOCKET_FILE: '' }, '/default.sock'],
    ];
    for (const [what, argv, environment, path] of ways) {
      it(`takes ${what}: ${path}`, async () => {
        await run(argv, environment);
        expect(client.socketPaths).to.deep.equal([path]);
      });
    }
  });

  it('prints what went wrong with the server as one line, and fails', async () => {
    client.failure = new Error('nobody is in\n    at home');
    for (const argv of [['list'], ['unlock', 'a']]) {
      expect(await run(argv)).to.deep.equal({
        status: 1,
        stdout: '',
        stderr: 'ldlm-lock: error: nobody is in\\n    at home\n',
      });
    }
  });

  it('prints what it did not understand as one line, and asks no server', async () => {
    expect(await run(['list', 'a\nb'])).to.deep.equal({
      status: 80,
      stdout: '',
      stderr:
        'ldlm-lock: error: unexpected argument "a\\nb": list takes none; see ldlm-lock --help\n',
    });
    expect(client.socketPaths).to.deep.equal([]);
  });

  it('prints its help', async () => {
    const { status, stdout, stderr } = await run(['--help']);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    for (const word of ['list', 'unlock', '--long', '--json', '--socket', '/default.sock', '80']) {
      expect(stdout).to.include(word);
    }
  });

  it('prints its version', async () => {
    expect(await run(['--version'])).to.deep.equal({
      status: 0,
      stdout: 'ldlm-lock 1.2.3\n',
      stderr: '',
    });
  });

  it('has a status for any arguments', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText), async (argv) => {
        const { status, stderr } = await run(argv);
        expect(status).to.be.oneOf([0, 80]);
        expect(stderr.split('\n').length).to.equal(status === 0 ? 1 : 2);
      }),
    );
  });
});
