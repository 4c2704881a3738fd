import { expect } from 'chai';
import { StateUnknownError } from '../../../../adapters/inbound/rest/kept-answer.js';
import { RestSessions } from '../../../../adapters/inbound/rest/rest-sessions.js';
import { FOREVER } from '../../../../domain/instant.js';
import { ControlledStateStore } from '../../../support/controlled-state-store.js';
import {
  type RestWorldOptions,
  SESSION_IDLE_MS,
  type ServiceWorld,
  startService,
} from '../../../support/rest-world.js';

interface World extends ServiceWorld {
  readonly sessions: RestSessions;
  open(): string;
}

async function start(options: Pick<RestWorldOptions, 'store' | 'rules'> = {}): Promise<World> {
  const core = await startService(options);
  const sessions = new RestSessions({
    locking: core.locking,
    idleMs: SESSION_IDLE_MS,
    now: () => core.clock.now(),
  });
  const open = () => {
    const opened = sessions.open('127.0.0.1:1');
    return opened.kind === 'opened' ? opened.token : opened.code;
  };
  return { ...core, sessions, open };
}

describe('RestSessions', () => {
  it('opens sessions with tokens of 32 hex characters, each of them another', async () => {
    const { open } = await start();
    const tokens = [open(), open()];
    expect(tokens.filter((token) => /^[0-9a-f]{32}$/.test(token))).to.have.length(2);
    expect(tokens[0]).not.to.equal(tokens[1]);
  });

  it('shows no token to the service', async () => {
    const { sessions, open } = await start();
    const token = open();
    expect(sessions.touch(token)).to.be.a('string').that.does.not.contain(token);
  });

  it('passes the service’s refusal on, and remembers nothing of it', async () => {
    const { sessions, open } = await start({ rules: { sessionsMax: 1 } });
    open();
    expect(open()).to.equal('too-many-sessions');
    expect(sessions.count).to.equal(1);
  });

  it('knows no session by another token', async () => {
    const { sessions, open } = await start();
    const token = open();
    expect(sessions.touch(token.toUpperCase())).to.equal(undefined);
    expect(sessions.touch('')).to.equal(undefined);
  });

  it('keeps a session for as long as it is shown in time', async () => {
    const { sessions, open, clock } = await start();
    const token = open();
    for (let times = 0; times < 3; times += 1) {
      await clock.advance(SESSION_IDLE_MS - 1);
      expect(sessions.touch(token)).to.be.a('string');
    }
  });

  it('forgets a session that was idle for too long when it is shown again', async () => {
    const { sessions, open, clock } = await start();
    const token = open();
    await clock.advance(SESSION_IDLE_MS);
    expect(sessions.touch(token)).to.equal(undefined);
    expect(sessions.count).to.equal(0);
  });

  it('forgets those that ended, two for each that opens', async () => {
    const { sessions, open, clock } = await start();
    for (let times = 0; times < 10; times += 1) {
      open();
    }
    await clock.advance(SESSION_IDLE_MS);
    const counts = Array.from({ length: 6 }, () => {
      open();
      return sessions.count;
    });
    expect(counts).to.deep.equal([9, 8, 7, 6, 5, 6]);
  });

  it('never knows more than may be open, however long it runs', async () => {
    const { sessions, open, clock } = await start({ rules: { sessionsMax: 10 } });
    for (let round = 0; round < 50; round += 1) {
      open();
      await clock.advance(SESSION_IDLE_MS / 5);
    }
    expect(sessions.count).to.be.at.most(10);
  });

  it('does not forget one that has waited for a lock all the while', async () => {
    const { sessions, open, clock, locking } = await start();
    const holder = locking.openSession({ kind: 'connection', peer: '127.0.0.1:2' });
    const holderId = holder.kind === 'opened' ? holder.sessionId : '';
    const waiter = open();
    const waiterId = sessions.touch(waiter) ?? '';
    const request = { name: 'a', size: 1, leaseMs: FOREVER, waitMs: FOREVER };
    locking.acquire({ ...request, sessionId: holderId });
    locking.acquire({ ...request, sessionId: waiterId });
    await clock.advance(3 * SESSION_IDLE_MS);
    open();
    expect(sessions.touch(waiter)).to.equal(waiterId);
  });

  it('closes a session, once', async () => {
    const { sessions, open } = await start();
    const token = open();
    expect(await sessions.close(token)).to.equal('closed');
    expect(await sessions.close(token)).to.equal('unknown');
    expect(sessions.count).to.equal(0);
  });

  it('closes a session for one of two that ask at once', async () => {
    const { sessions, open } = await start();
    const token = open();
    const outcomes = await Promise.all([sessions.close(token), sessions.close(token)]);
    expect(outcomes).to.deep.equal(['closed', 'unknown']);
  });

  it('closes a session while the server is stopping, and none when it has', async () => {
    const { sessions, open, service } = await start();
    const token = open();
    const late = open();
    await service.drain();
    expect(await sessions.close(token)).to.equal('closed');
    await service.close();
    expect(await sessions.close(late)).to.equal('stays');
  });

  it('does not say that a session is closed before that is kept', async () => {
    const store = new ControlledStateStore();
    const { sessions, open, locking } = await start({ store });
    const token = open();
    const sessionId = sessions.touch(token) ?? '';
    locking.acquire({ sessionId, name: 'a', size: 1, waitMs: 0, leaseMs: FOREVER });
    const order: string[] = [];
    const closed = sessions.close(token).then((outcome) => order.push(outcome));
    store.resolveNext();
    order.push('grant kept');
    store.resolveNext();
    order.push('end kept');
    await closed;
    expect(order).to.deep.equal(['grant kept', 'end kept', 'closed']);
  });

  it('rejects when nobody knows whether the end is kept', async () => {
    const store = new ControlledStateStore();
    const { sessions, open, locking } = await start({ store });
    const token = open();
    const sessionId = sessions.touch(token) ?? '';
    locking.acquire({ sessionId, name: 'a', size: 1, waitMs: 0, leaseMs: FOREVER });
    const closed: Promise<unknown> = sessions.close(token).catch((error) => error);
    store.fail();
    expect(await closed).to.be.instanceOf(StateUnknownError);
  });
});
