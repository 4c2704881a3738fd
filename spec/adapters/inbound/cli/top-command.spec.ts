import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { TerminalScreen } from '../../../../adapters/inbound/cli/terminal-screen.js';
import { runTop } from '../../../../adapters/inbound/cli/top-command.js';
import { ScriptedAdministrationClient } from '../../../support/scripted-administration-client.js';

/** The end of what gives a terminal back. */
const GIVEN_BACK = '\u001b[?1049l';

describe('runTop', () => {
  let client: ScriptedAdministrationClient;
  let stdout: PassThrough;
  let slept: number[];

  beforeEach(() => {
    client = new ScriptedAdministrationClient();
    stdout = new PassThrough();
    slept = [];
  });

  it('prints once where there is no terminal, with rates between two looks', async () => {
    const sleep = async (ms: number) => {
      slept.push(ms);
      client.counts = { ...client.counts, now: client.counts.now + ms, grantCount: 5 };
    };
    await runTop(100, { client, stdout, takeScreen: undefined, sleep });
    expect(slept).to.deep.equal([1_000]);
    expect(String(stdout.read())).to.match(/^ldlm .*granted 5\.0, /s);
  });

  describe('on a terminal', () => {
    let stdin: PassThrough;
    const takeScreen = () => new TerminalScreen({ stdout, stdin, signals: new EventEmitter() });

    beforeEach(() => {
      stdin = new PassThrough();
    });

    it('draws again and again until somebody quits, and gives the terminal back', async () => {
      const sleep = async (ms: number) => {
        slept.push(ms);
        if (slept.length === 3) {
          stdin.write('q');
          await new Promise(setImmediate);
        }
      };
      await runTop(250, { client, stdout, takeScreen, sleep });
      expect(slept).to.deep.equal([250, 250, 250]);
      const drawn = String(stdout.read());
      expect(drawn.match(/ldlm 1\.2\.3/g)).to.have.lengthOf(3);
      expect(drawn.endsWith(GIVEN_BACK)).to.equal(true);
    });

    it('gives the terminal back when the server is gone', async () => {
      const failure = new Error('the server is gone');
      const sleep = async () => {
        client.failure = failure;
      };
      const outcome: unknown = await runTop(250, { client, stdout, takeScreen, sleep }).catch(
        (error: unknown) => error,
      );
      expect(outcome).to.equal(failure);
      expect(String(stdout.read()).endsWith(GIVEN_BACK)).to.equal(true);
    });
  });
});
