/** Why: every shell is to offer the same; each is asked by specs of its own, since few machines have all. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { COMMAND_OPTIONS } from '../../adapters/inbound/cli/command-options.js';
import { RUN_OPTIONS } from '../../adapters/inbound/cli/run-command-line.js';
import { completions } from '../../bootstrap/completions.js';
import { flagSettings } from '../../bootstrap/settings-table.js';
import { STRESS_OPTIONS } from '../../client/stress/stress-options.js';
import { SpecFolder } from '../support/server-process.js';

const run = promisify(execFile);

/** Asks the shell's own function, as it does when the tab key is pressed; `$0` is the script, what follows the words. */
const PRESS_TAB = {
  bash: `
    source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _ldlm_complete; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: `
    source "$0"; COMP_WORDS=("$@"); CURRENT=$#; words=("$@"); COMP_CWORD=$((CURRENT - 1))
    compgen -F _ldlm_complete -- "$words[CURRENT]"`,
} as const;

export function completionsOf(shell: keyof typeof PRESS_TAB): void {
  describe(`The completions for ${shell}`, () => {
    const folder = new SpecFolder();
    const script = folder.file('completions');

    before(async () => {
      writeFileSync(script, completions(shell));
      mkdirSync(folder.file('certificates'));
      writeFileSync(folder.file('certificates/ca one.pem'), '');
      await run(shell, ['--version']).catch(() => {
        expect.fail(`${shell} is missing: install it (Debian: apt-get install ${shell})`);
      });
    });

    after(() => {
      folder.remove();
    });

    /** What is offered in place of the last word. */
    async function offered(...words: string[]): Promise<readonly string[]> {
      const norc = shell === 'bash' ? ['--norc', '--noprofile'] : ['-f'];
      const args = [...norc, '-c', PRESS_TAB[shell], script, ...words];
      // compinit leaves a dump of what it found in the home folder.
      const env = { PATH: process.env.PATH, HOME: folder.path };
      const { stdout, stderr } = await run(shell, args, { cwd: folder.path, env });
      expect(stderr).to.equal('');
      // zsh itself passes over what does not begin with the word.
      const isOffered = (line: string) => shell === 'bash' || line.startsWith(words.at(-1) ?? '');
      return stdout.split('\n').filter((line) => line !== '' && isOffered(line));
    }

    for (const [words, candidates] of [
      [
        ['ldlm-lock', 's'],
        ['show', 'sessions', 'stats'],
      ],
      [['/usr/bin/ldlm-lock', 'comp'], ['completion']],
      [
        ['ldlm-lock', 'completion', ''],
        ['bash', 'zsh'],
      ],
      [['ldlm-lock', 'list', '--w'], ['--watch']],
      [['ldlm-lock', 'unlock', '--w'], []],
      [['ldlm-lock', 'show', ''], []],
      [['ldlm-lock', '-s', 'x', 'list', '--lo'], ['--long']],
      [['ldlm-lock', 'list', '--name', 'c'], []],
      [['ldlm-lock', 'list', '--ca_file', 'cert'], ['certificates']],
      [['ldlm-lock', 'list', '--ca_file', 'certificates/c'], ['certificates/ca one.pem']],
      [['ldlm-lock', 'run', '--l'], ['--lease']],
      [['ldlm-lock', 'run', 'a', '--', 'sh', 'cert'], ['certificates']],
      [['ldlm-lock', 'unlock', '--', 'cert'], []],
      [['ldlm-server', '--log_level', 'd'], ['debug']],
      [
        ['ldlm-server', '--state_store', ''],
        ['memory', 'journal', 'etcd'],
      ],
      [['ldlm-server', '--tls_c'], ['--tls_cert']],
      [['ldlm-server', '-s', 'cert'], ['certificates']],
      [['ldlm-server', '-n', '--vers'], ['--version']],
      [
        ['ldlm-stress', '--num'],
        ['--num_clients', '--num_locks'],
      ],
    ] as const) {
      it(`offer for ${words.join(' ')} ${candidates.join(', ') || 'nothing'}`, async () => {
        expect(await offered(...words)).to.have.members(candidates);
      });
    }

    it('offer programs to run under a lock', async () => {
      expect(await offered('ldlm-lock', 'run', 'a', '--', 'sh')).to.include('sh');
    });

    for (const [words, names] of [
      [['ldlm-server'], flagSettings.map(({ name }) => name)],
      [['ldlm-stress'], Object.keys(STRESS_OPTIONS)],
      [['ldlm-lock', 'run'], Object.keys(RUN_OPTIONS)],
      [
        ['ldlm-lock', 'list'],
        Object.entries(COMMAND_OPTIONS)
          .filter(
            ([name, option]) =>
              name !== 'version' && (!('of' in option) || option.of.some((of) => of === 'list')),
          )
          .map(([name]) => name),
      ],
    ] as const) {
      it(`offer every option of ${words.join(' ')}`, async () => {
        expect(await offered(...words, '--')).to.have.members(names.map((name) => `--${name}`));
      });
    }

    if (shell === 'bash') {
      it('offer a value behind an equals sign, which bash takes for a word', async () => {
        expect(await offered('ldlm-server', '--log_level', '=', 'w')).to.deep.equal(['warn']);
        expect(await offered('ldlm-server', '--log_level', '=')).to.have.length(4);
      });
    } else {
      it('are there for all three programs', async () => {
        const asked =
          'source "$0"; print $+_comps[ldlm-lock] $+_comps[ldlm-server] $+_comps[ldlm-stress]';
        const env = { PATH: process.env.PATH, HOME: folder.path };
        const { stdout } = await run('zsh', ['-f', '-c', asked, script], { env });
        expect(stdout).to.equal('1 1 1\n');
      });
    }
  });
}
