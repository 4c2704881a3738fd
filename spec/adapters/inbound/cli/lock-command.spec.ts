import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import { COMMAND_OPTIONS } from '../../../../adapters/inbound/cli/command-options.js';
import { type Place, runLockCommand } from '../../../../adapters/inbound/cli/lock-command.js';
import { RUN_OPTIONS, RunMisuse } from '../../../../adapters/inbound/cli/run-command-line.js';
import { refusalToLine } from '../../../../adapters/inbound/cli/refusal-to-line.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { type RefusalCode, refused } from '../../../../domain/refusal.js';
import { ScriptedAdministrationClient } from '../../../support/scripted-administration-client.js';
import {
  anyHolder,
  anyText,
  someHolder,
  someLock,
  someSession,
  someWaiter,
} from '../../../support/some-holder.js';

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('runLockCommand', () => {
  let client: ScriptedAdministrationClient;
  /** Which servers were asked. */
  let places: Place[];
  /** What `run` was given, each time. */
  let ran: (readonly string[])[];
  let runFailure: Error | undefined;

  beforeEach(() => {
    client = new ScriptedAdministrationClient();
    places = [];
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
      connect: (place) => {
        places.push(place);
        return client;
      },
      takeScreen: undefined,
      sleep: async () => undefined,
      defaultSocketPath: '/default.sock',
      version: '1.2.3',
      completions: (shell) => `for ${shell}\n`,
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

  describe('completion', () => {
    for (const shell of ['bash', 'zsh']) {
      it(`prints what has ${shell} complete, and asks no server`, async () => {
        const outcome = await run(['completion', shell]);
        expect(outcome).to.deep.equal({ status: 0, stdout: `for ${shell}\n`, stderr: '' });
        expect(places).to.deep.equal([]);
      });
    }

    for (const words of [[], ['fish'], ['bash', 'zsh']]) {
      it(`takes the name of one shell that it knows, not ${JSON.stringify(words)}`, async () => {
        expect(await run(['completion', ...words])).to.deep.equal({
          status: 80,
          stdout: '',
          stderr:
            'ldlm-lock: error: expected the name of a shell: ldlm-lock completion bash|zsh; ' +
            'see ldlm-lock --help\n',
        });
      });
    }
  });

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
      client.held = [
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
      client.held = [someHolder()];
      const { stdout } = await run(['list', '-l']);
      expect(stdout).to.match(/^NAME .*\na .* 1m0s +9m0s /);
    });

    it('prints one JSON array if asked for it, by name too', async () => {
      client.held = [someHolder({ name: 'b' }), someHolder({ name: 'a' })];
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
          client.held = holders;
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
      client.held = [someHolder(), someHolder(), someHolder({ name: 'b' })];
      expect(await run(['unlock', 'a'])).to.deep.equal({
        status: 1,
        stdout: '',
        stderr: 'the lock has 2 holders: give the key of one, as ldlm-lock list shows it\n',
      });
    });

    it('does not say how many if they have gone meanwhile', async () => {
      client.answer = refused('key-needed');
      client.held = [someHolder()];
      expect((await run(['unlock', 'a'])).stderr).to.equal(`${refusalToLine('key-needed')}\n`);
    });
  });

  it('unlocks every lease of a lock, and says how many', async () => {
    expect(await run(['unlock', 'a', '--all'])).to.deep.equal({
      status: 0,
      stdout: 'Unlocked: a, 2 leases\n',
      stderr: '',
    });
    client.answerToAll = refused('lock-unknown');
    expect(await run(['unlock', 'a', '--all'])).to.include({
      status: 1,
      stderr: 'a lock by that name does not exist\n',
    });
  });

  describe('kick', () => {
    it('says whose session it has ended, and what went with it', async () => {
      expect(await run(['kick', 's1'])).to.deep.equal({
        status: 0,
        stdout: 'Ended: rest 127.0.0.1:5, 1 lease ended, 0 waiters refused\n',
        stderr: '',
      });
    });

    it('says so where there is none', async () => {
      client.answerToKick = refused('session-unknown');
      expect(await run(['kick', 's1'])).to.include({
        status: 1,
        stderr: 'there is no such session: give its id, as ldlm-lock sessions shows it\n',
      });
    });
  });

  describe('show', () => {
    beforeEach(() => {
      client.parts = [
        { kind: 'lock', lock: someLock({ holderCount: 1, waiterCount: 1 }), now: 1_060_000 },
        { kind: 'holders', holders: [someHolder()] },
        { kind: 'waiters', waiters: [someWaiter()] },
      ];
    });

    it('prints a lock with its holders and waiters', async () => {
      const { status, stdout } = await run(['show', 'a']);
      expect(status).to.equal(0);
      expect(stdout)
        .to.match(/^Name: +a\n/)
        .and.to.include('\n     1       1m0s ');
    });

    it('prints it as one JSON object if asked for that', async () => {
      const { stdout } = await run(['show', 'a', '--json']);
      expect(JSON.parse(stdout)).to.include({ name: 'a', waiterCount: 1 });
    });

    it('says so where there is none', async () => {
      expect(await run(['show', 'b'])).to.deep.equal({
        status: 1,
        stdout: '',
        stderr: 'a lock by that name does not exist\n',
      });
    });
  });

  it('prints who is there', async () => {
    client.present = [someSession({ leaseCount: 3 })];
    expect((await run(['sessions'])).stdout).to.match(/^SESSION ID .*\ns1 .* 3 /);
    expect(JSON.parse((await run(['sessions', '--json'])).stdout)).to.have.lengthOf(1);
  });

  it('prints how much there is', async () => {
    expect((await run(['stats'])).stdout).to.match(/^Version: +1\.2\.3\n/);
    expect(JSON.parse((await run(['stats', '--json'])).stdout)).to.include({ version: '1.2.3' });
  });

  it('prints the busiest locks once, where there is no terminal', async () => {
    client.locks = [someLock({ name: 'busy' })];
    expect((await run(['top'])).stdout).to.match(/^ldlm 1\.2\.3.*busy\n$/s);
  });

  it('watches until the server stops, and then fails', async () => {
    client.held = [someHolder()];
    client.news = async function* () {
      yield { isGap: true, changes: [] };
    };
    expect(await run(['list', '--watch'])).to.deep.equal({
      status: 1,
      stdout: '{Name: a, Key: 2ce80fb6-81ed-4f95-9d01-6c2a4f1f0b9e, Size: 1}\n',
      stderr: 'the server is stopping: try again when it is back\n',
    });
  });

  it('lists what a filter wants', async () => {
    client.held = [someHolder({ name: 'a1' }), someHolder({ name: 'b1' })];
    expect((await run(['list', '--name', 'a*'])).stdout).to.match(/^\{Name: a1, .*\n$/);
  });

  it('lets go of its connection, whatever happens', async () => {
    client.failure = new Error('nobody is in');
    await run(['stats']);
    expect(client.isClosed).to.equal(true);
  });

  it('asks the server that an address names', async () => {
    await run(['list', '-a', 'a:1', '--password', 'x'], { LDLM_IPC_SOCKET_FILE: '/e' });
    expect(places).to.have.lengthOf(1);
    expect(places[0]).to.have.property('at', 'address');
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
        expect(places).to.deep.equal([{ at: 'socket', path }]);
      });
    }
  });

  it('prints what went wrong with the server as one line, and fails', async () => {
    client.failure = new Error('nobody is in\n    at home');
    for (const argv of [['list'], ['unlock', 'a'], ['show', 'a'], ['stats'], ['list', '--watch']]) {
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
    expect(places).to.deep.equal([]);
  });

  it('prints its help, which has every command and option and fits a terminal of 80 columns', async () => {
    const { status, stdout, stderr } = await run(['--help']);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    for (const word of [
      ...Object.keys(COMMAND_OPTIONS).map((option) => `--${option}`),
      ...['list', 'show', 'sessions', 'stats', 'top', 'unlock', 'kick', 'run', 'completion'],
      ...Object.keys(RUN_OPTIONS).map((option) => `--${option}`),
      ...['/default.sock', '80'],
    ]) {
      expect(stdout).to.include(word);
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).to.be.at.most(80);
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
