import { expect } from 'chai';
import fc from 'fast-check';
import { holderJson } from '../../../../adapters/inbound/cli/holder-json.js';
import type { HolderDescription } from '../../../../domain/descriptions.js';
import { FOREVER } from '../../../../domain/instant.js';
import { eachOf, everything } from '../../../support/each-of.js';
import { anyHolder, someHolder } from '../../../support/some-holder.js';

async function parsed(
  holders: readonly HolderDescription[],
  now: number,
): Promise<Record<string, unknown>[]> {
  const lines = await everything(holderJson(eachOf(holders), now));
  return JSON.parse(lines.join('\n')) as Record<string, unknown>[];
}

describe('holderJson', () => {
  it('writes every field, times as milliseconds from now', async () => {
    const holder = someHolder({ owner: { host: 'h' }, name: 'b c', size: 2, waiterCount: 3 });
    expect(await parsed([holder], 1_060_000.4)).to.deep.equal([
      {
        name: 'b c',
        key: '2ce80fb6-81ed-4f95-9d01-6c2a4f1f0b9e',
        size: 2,
        fencingToken: 7,
        ageMs: 60_000,
        timeLeftMs: 540_000,
        sessionId: 's1',
        session: 'connection 127.0.0.1:51234',
        owner: { host: 'h' },
        waiterCount: 3,
      },
    ]);
  });

  it('writes null for a lease without an end and for a session that is none', async () => {
    const holder = someHolder({ expiresAt: FOREVER, sessionId: undefined, session: undefined });
    const none = { timeLeftMs: null, sessionId: null, session: null, owner: null };
    expect((await parsed([holder], 0))[0]).to.include(none);
  });

  it('writes nothing below zero', async () => {
    const holder = someHolder({ grantedAt: 20, expiresAt: 10 });
    expect((await parsed([holder], 15))[0]).to.include({ ageMs: 0, timeLeftMs: 0 });
  });

  it('writes an empty array on one line', async () => {
    expect(await everything(holderJson(eachOf([]), 0))).to.deep.equal(['[]']);
  });

  it('writes one holder a line', async () => {
    const lines = await everything(holderJson(eachOf([someHolder(), someHolder()]), 0));
    expect(lines.map((line) => [line.slice(0, 3), line.at(-1)])).to.deep.equal([
      ['[', '['],
      ['  {', ','],
      ['  {', '}'],
      [']', ']'],
    ]);
  });

  it('writes any name and key so that they come out as they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyHolder), async (holders) => {
        expect((await parsed(holders, 0)).map(({ name, key }) => ({ name, key }))).to.deep.equal(
          holders.map(({ name, key }) => ({ name, key })),
        );
      }),
    );
  });
});
