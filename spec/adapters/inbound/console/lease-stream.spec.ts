import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import type { HolderNews } from '../../../../domain/holder-watch.js';
import { ConsoleWorld, type ConsoleListener } from '../../../support/console-world.js';
import { untilClosed } from '../../../support/rest-world.js';

interface News extends HolderNews {
  readonly passedCount: number;
}

describe('LeaseStream', () => {
  let world: ConsoleWorld;
  let listeners: ConsoleListener[];

  beforeEach(async () => {
    world = await ConsoleWorld.start();
    listeners = [];
  });

  afterEach(async () => {
    for (const { response } of listeners) {
      response.destroy();
    }
    await world.stop();
  });

  async function listen(question: object = {}): Promise<ConsoleListener> {
    const listener = await world.listen(question);
    listeners.push(listener);
    return listener;
  }

  /** One that has heard of the gap with which it begins. */
  async function upToDate(question: object = {}): Promise<ConsoleListener> {
    const listener = await listen(question);
    await world.heard<News>(listener, 'changes', ({ isGap }) => isGap);
    return listener;
  }

  function changesHeardBy({ events }: ConsoleListener): readonly string[] {
    return events
      .filter(({ event }) => event === 'changes')
      .flatMap(({ data }) =>
        (data as News).changes.map(({ kind, holder }) => `${kind} ${holder.name}`),
      );
  }

  it('is an answer that goes on, which nobody keeps', async () => {
    const { response } = await listen();
    expect(response.statusCode).to.equal(200);
    expect(response.headers).to.include({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });

  it('tells at once how much there is, and that the list is to be looked at', async () => {
    await world.hold('a');
    const listener = await listen();
    expect(await world.heard(listener, 'stats')).to.include({ leaseCount: 1 });
    expect(await world.heard(listener, 'changes')).to.deep.include({ isGap: true, changes: [] });
  });

  it('tells of grants and ends, with the server’s time', async () => {
    const listener = await upToDate();
    const { key } = await world.hold('a');
    const { changes, now } = await world.heard<News & { readonly now: number }>(
      listener,
      'changes',
      ({ changes }) => changes.length > 0,
    );
    expect([changes[0]?.kind, changes[0]?.holder.key]).to.deep.equal(['granted', key]);
    expect(now).to.be.a('number');
    await world.locks.server.locking.release({ name: 'a', key });
    const ended = await world.heard<News>(listener, 'changes', ({ changes }) =>
      changes.some(({ kind }) => kind === 'ended'),
    );
    expect(ended.changes[0]).to.include({ kind: 'ended', reason: 'released' });
  });

  it('tells of what is looked for alone', async () => {
    const listener = await upToDate({ text: 'WANTED' });
    await world.hold('other');
    await world.hold('a wanted one');
    await world.heard<News>(listener, 'changes', ({ changes }) => changes.length > 0);
    expect(changesHeardBy(listener)).to.deep.equal(['granted a wanted one']);
  });

  it('tells of no lease to a page that shows none', async () => {
    const listener = await upToDate({ changes: 'none' });
    await world.hold('a');
    await world.heard(listener, 'stats', ({ leaseCount }) => leaseCount === 1);
    expect(changesHeardBy(listener)).to.deep.equal([]);
  });

  it('tells of a thousand changes within a quarter of a second at once', async () => {
    const listener = await upToDate();
    for (let index = 0; index < 1_000; index += 1) {
      await world.hold(`lock ${index}`);
    }
    await world.heard<News>(listener, 'changes', ({ changes }) => changes.length > 0);
    const told = listener.events.filter(({ event }) => event === 'changes');
    expect(told).to.have.length(2);
    expect(changesHeardBy(listener)).to.have.length(1_000);
  });

  it('says no more often than four times a second what changes', async () => {
    const listener = await upToDate();
    for (const name of ['a', 'b', 'c']) {
      await world.hold(name);
      await world.clock.advance(100);
      await world.locks.server.administration.stats();
    }
    await world.heard<News>(listener, 'changes', () =>
      changesHeardBy(listener).includes('granted c'),
    );
    const told = listener.events.filter(({ event }) => event === 'changes');
    expect(told.length).to.be.at.most(3);
  });

  it('tells each second how much there is', async () => {
    const listener = await upToDate();
    const before = listener.events.filter(({ event }) => event === 'stats').length;
    await world.clock.advance(1_000);
    await world.heard(listener, 'stats', () => {
      return listener.events.filter(({ event }) => event === 'stats').length > before;
    });
  });

  it('watches nothing when nobody listens', async () => {
    const closed = new EventEmitter();
    world.administration = world.administrationWith({
      watch: (filter) => {
        const feed = world.locks.server.administration.watch(filter);
        return {
          [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator](),
          close: () => {
            feed.close();
            closed.emit('closed');
          },
        };
      },
    });
    const listener = await upToDate();
    const isClosed = once(closed, 'closed');
    listener.response.destroy();
    await isClosed;
    expect(world.clock.alarmCount).to.equal(0);
  });

  it('ends, and says why, when the server stops', async () => {
    const listener = await upToDate();
    await world.locks.stop();
    expect(await listener.untilOver()).to.deep.include({ event: 'end' });
    expect(await world.heard(listener, 'end')).to.include({ code: 'stopping' });
  });

  it('says who leads when this server has stepped down', async () => {
    const listener = await upToDate();
    const leader = { id: 'b', grpcAddress: '10.0.0.2:3144' };
    world.status = { role: 'standby', leader };
    await world.locks.stop();
    expect(await world.heard(listener, 'end')).to.deep.include({ code: 'standby', leader });
  });

  it('says so when the server can no longer vouch for what it tells', async () => {
    world.administration = world.administrationWith({
      watch: () => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new Error('the disk is gone')),
        }),
        close: () => undefined,
      }),
    });
    const listener = await listen();
    expect(await world.heard(listener, 'end')).to.include({ code: 'failing' });
  });

  it('outlives the bound on silence that cuts other connections', async () => {
    await world.stop();
    world = await ConsoleWorld.start('local', 100);
    const listener = await upToDate();
    const [host = '', port] = world.address.split(':');
    // It has been silent for longer than this one when this one is cut.
    await untilClosed(connect(Number(port), host).resume());
    await world.heard(listener, 'stats', () => listener.events.length > 2);
    expect(listener.isOver).to.equal(false);
  });

  it('listens to 32 pages, and to one more when one has left', async () => {
    for (let count = 0; count < 32; count += 1) {
      await listen();
    }
    expect(await world.refused('events')).to.deep.equal([429, 'too-many-streams']);
    listeners[0]?.response.destroy();
    let status = 429;
    while (status === 429) {
      const listener = await listen();
      status = listener.response.statusCode ?? 0;
    }
    expect(status).to.equal(200);
  });

  it('cuts a reader that takes nothing for ten seconds, and keeps little for it meanwhile', async () => {
    const listener = await upToDate();
    listener.response.pause();
    listener.response.removeAllListeners('data');
    const name = 'x'.repeat(60_000);
    let lookCount = 0;
    // Each is told whole, until the buffers of the connection are full; ten seconds of standstill then end it.
    for (; world.clock.alarmCount > 0 && lookCount < 1_000; lookCount += 1) {
      await world.hold(`${name}${lookCount}`);
      await world.clock.advance(250);
    }
    expect(world.clock.alarmCount).to.equal(0);
    expect(lookCount).to.be.above(40);
  });
});
