import { PassThrough, Writable } from 'node:stream';
import { expect } from 'chai';
import { printWatch, type WatchOrder } from '../../../../adapters/inbound/cli/watch-command.js';
import type { HolderChange } from '../../../../domain/descriptions.js';
import type { HolderNews } from '../../../../domain/holder-watch.js';
import { ScriptedAdministrationClient } from '../../../support/scripted-administration-client.js';
import { someHolder } from '../../../support/some-holder.js';

const GAP: HolderNews = { isGap: true, changes: [] };

function granted(name: string): HolderChange {
  return { kind: 'granted', holder: someHolder({ name, key: 'k' }) };
}

function news(...changes: readonly HolderChange[]): HolderNews {
  return { isGap: false, changes };
}

describe('printWatch', () => {
  let client: ScriptedAdministrationClient;

  beforeEach(() => {
    client = new ScriptedAdministrationClient();
    client.held = [someHolder({ name: 'b', key: 'k' }), someHolder({ name: 'a', key: 'k' })];
  });

  function tell(...pages: readonly HolderNews[]): void {
    client.news = async function* () {
      yield* pages;
    };
  }

  async function printed(form: WatchOrder['form'] = 'lines'): Promise<readonly string[]> {
    const stdout = new PassThrough();
    expect(await printWatch(client, { filter: {}, form }, stdout)).to.equal(true);
    return String(stdout.read() ?? '')
      .split('\n')
      .slice(0, -1);
  }

  it('prints what is held, and then each change with what it is', async () => {
    const holder = someHolder({ name: 'a', key: 'k' });
    tell(
      GAP,
      news(granted('c'), { kind: 'renewed', holder }),
      news(),
      news({ kind: 'ended', holder, reason: 'revoked' }),
    );
    expect(await printed()).to.deep.equal([
      '{Name: a, Key: k, Size: 1}',
      '{Name: b, Key: k, Size: 1}',
      '+ {Name: c, Key: k, Size: 1} granted',
      '~ {Name: a, Key: k, Size: 1} renewed',
      '- {Name: a, Key: k, Size: 1} revoked',
    ]);
  });

  it('prints JSON, an object a line, if asked for it', async () => {
    tell(GAP, news(granted('c')));
    const lines = (await printed('json')).map((line) => JSON.parse(line) as object);
    expect(lines.map((line) => Object.values(line).slice(0, 2))).to.deep.equal([
      ['list'],
      ['held', 'b'],
      ['held', 'a'],
      ['granted', 'c'],
    ]);
  });

  it('prints what is held anew after a gap, and then what came after it', async () => {
    tell(GAP, { isGap: true, changes: [granted('c')] });
    expect((await printed()).map((line) => line.slice(0, 9))).to.deep.equal([
      ...['{Name: a,', '{Name: b,', '{Name: a,', '{Name: b,'],
      '+ {Name: ',
    ]);
  });

  it('takes news as they come, and has the list anew when it prints too slowly for them', async () => {
    const flood = Array.from({ length: 101 }, () =>
      news(...Array.from({ length: 100 }, (_, number) => granted(`c${number}`))),
    );
    tell(GAP, ...flood, news(granted('last')));
    const lines = await printed();
    // The list, and what came after the flood.
    expect(lines).to.have.lengthOf.below(200);
    expect(lines.at(-1)).to.equal('+ {Name: last, Key: k, Size: 1} granted');
  });

  it('ends when its reader goes, and lets go of the server', async () => {
    let isGivenUp = false;
    client.news = async function* (signal) {
      yield GAP;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      isGivenUp = true;
    };
    const gone = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    expect(await printWatch(client, { filter: {}, form: 'lines' }, gone)).to.equal(false);
    expect(isGivenUp).to.equal(true);
  });

  it('fails as the server does, after what it told before', async () => {
    const failure = new Error('the server hung up');
    client.news = async function* () {
      yield GAP;
      throw failure;
    };
    const stdout = new PassThrough();
    const watching = printWatch(client, { filter: {}, form: 'lines' }, stdout);
    expect(await watching.catch((error: unknown) => error)).to.equal(failure);
    expect(String(stdout.read())).to.match(/^\{Name: a,/);
  });
});
