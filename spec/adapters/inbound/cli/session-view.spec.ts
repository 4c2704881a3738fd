import { expect } from 'chai';
import { sessionJson, sessionLines } from '../../../../adapters/inbound/cli/session-view.js';
import type { SessionDescription } from '../../../../domain/descriptions.js';
import { eachOf, everything } from '../../../support/each-of.js';
import { someSession } from '../../../support/some-holder.js';

const pages = (...sessions: readonly SessionDescription[]) =>
  eachOf(sessions.map((session) => ({ sessions: [session], now: 1_060_000 })));

const AWAY = someSession({
  sessionId: 's2',
  kind: 'stream',
  peer: undefined,
  endsAt: 1_070_000,
  leaseCount: 2,
  waiterCount: 1,
  owner: { host: 'h\n' },
});

describe('sessionLines', () => {
  it('shows who is there, as they come', async () => {
    expect(await everything(sessionLines(pages(someSession(), AWAY)))).to.deep.equal([
      'SESSION ID  KIND        PEER              AGE  ENDS IN  LEASES  WAITING  OWNER',
      's1          connection  127.0.0.1:51234  1m0s        -       0        0  -',
      's2          stream      -                1m0s    10.0s       2        1  host=h\\n',
    ]);
  });

  it('says so when nobody is there', async () => {
    expect(await everything(sessionLines(pages()))).to.deep.equal(['No sessions found']);
  });
});

describe('sessionJson', () => {
  it('writes every field, times as milliseconds from now', async () => {
    const lines = await everything(sessionJson(pages(someSession(), AWAY)));
    expect(JSON.parse(lines.join('\n'))).to.deep.equal([
      {
        sessionId: 's1',
        kind: 'connection',
        peer: '127.0.0.1:51234',
        ageMs: 60_000,
        endsInMs: null,
        leaseCount: 0,
        waiterCount: 0,
        owner: null,
      },
      {
        sessionId: 's2',
        kind: 'stream',
        peer: null,
        ageMs: 60_000,
        endsInMs: 10_000,
        leaseCount: 2,
        waiterCount: 1,
        owner: { host: 'h\n' },
      },
    ]);
  });
});
