import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { ConnectionSessions } from '../../../../adapters/inbound/grpc/connection-sessions.js';
import { refused } from '../../../../domain/refusal.js';
import type { Locking } from '../../../../ports/inbound/locking.js';

/** A socket as far as sessions look at it. */
class StubSocket extends EventEmitter {
  readonly localPort = 3144;
  destroyed = false;

  constructor(
    readonly remoteAddress: string | undefined,
    readonly remotePort: number | undefined,
    readonly localAddress = '127.0.0.1',
  ) {
    super();
  }

  destroy(): void {
    this.destroyed = true;
  }

  asSocket(): Socket {
    return this as unknown as Socket;
  }
}

describe('ConnectionSessions', () => {
  let sessionsLeft: number;
  let opened: string[];
  let ended: string[];
  let sessions: ConnectionSessions;

  beforeEach(() => {
    sessionsLeft = 10;
    opened = [];
    ended = [];
    const locking: Pick<Locking, 'openSession' | 'endSession'> = {
      openSession: ({ peer }) => {
        const sessionId = `session ${opened.length} of ${peer}`;
        opened.push(sessionId);
        return sessionsLeft > 0 ? { kind: 'opened', sessionId } : refused('too-many-sessions');
      },
      endSession: async (sessionId, cause) => {
        ended.push(`${sessionId} ${cause}`);
        return true;
      },
    };
    sessions = new ConnectionSessions(locking as Locking);
  });

  const from = (peer: string, to = '127.0.0.1') => ({ getPeer: () => `${peer} to ${to}:3144` });

  it('cuts a connection past its patience, once, and no other', () => {
    const [guilty, other] = [new StubSocket('127.0.0.1', 5), new StubSocket('127.0.0.1', 6)];
    sessions.add(guilty.asSocket());
    sessions.add(other.asSocket());
    const cuts = Array.from({ length: 22 }, () =>
      sessions.blame(from('127.0.0.1:5').getPeer(), 'headers-too-large'),
    );
    expect(cuts.map((isCut, index) => (isCut ? index + 1 : 0)).filter(Number)).to.deep.equal([21]);
    expect([guilty.destroyed, other.destroyed]).to.deep.equal([true, false]);
  });

  it('blames nobody for what a connection did that has ended', () => {
    expect(sessions.blame(from('127.0.0.1:5').getPeer(), 'headers-gross')).to.equal(false);
  });

  it('finds the session of a call by its connection', () => {
    sessions.add(new StubSocket('127.0.0.1', 5).asSocket());
    sessions.add(new StubSocket('127.0.0.1', 6).asSocket());
    expect(sessions.sessionOf(from('127.0.0.1:6'))).to.deep.equal({
      kind: 'opened',
      sessionId: 'session 1 of 127.0.0.1:6',
    });
  });

  it('ends a session when its socket closes, once', () => {
    const socket = new StubSocket('127.0.0.1', 5);
    sessions.add(socket.asSocket());
    socket.emit('close');
    socket.emit('close');
    expect(ended).to.deep.equal(['session 0 of 127.0.0.1:5 gone']);
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.deep.equal(refused('session-unknown'));
    expect(sessions.count).to.equal(0);
  });

  it('ends the old session first when a client comes back by the same port', () => {
    const old = new StubSocket('127.0.0.1', 5);
    sessions.add(old.asSocket());
    sessions.add(new StubSocket('127.0.0.1', 5).asSocket());
    expect(ended).to.deep.equal(['session 0 of 127.0.0.1:5 gone']);
    expect(old.destroyed).to.equal(true);
    old.emit('close');
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.include({
      sessionId: 'session 1 of 127.0.0.1:5',
    });
    expect(ended).to.have.length(1);
  });

  it('keeps apart what a client sends by one port to two addresses of the server', () => {
    const one = new StubSocket('127.0.0.1', 5);
    sessions.add(one.asSocket());
    sessions.add(new StubSocket('127.0.0.1', 5, '10.0.0.1').asSocket());
    expect([one.destroyed, ended]).to.deep.equal([false, []]);
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.include({
      sessionId: 'session 0 of 127.0.0.1:5',
    });
    expect(sessions.sessionOf(from('127.0.0.1:5', '10.0.0.1'))).to.include({
      sessionId: 'session 1 of 127.0.0.1:5',
    });
  });

  it('opens no session for a socket that is gone before it is seen', () => {
    const socket = new StubSocket(undefined, undefined);
    expect(sessions.add(socket.asSocket())).to.equal(undefined);
    expect(socket.destroyed).to.equal(true);
    expect(opened).to.deep.equal([]);
  });

  it('keeps a connection past the bound on sessions, and tells its calls why they have none', () => {
    sessionsLeft = 0;
    const socket = new StubSocket('127.0.0.1', 5);
    sessions.add(socket.asSocket());
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.deep.equal(refused('too-many-sessions'));
    expect(socket.destroyed).to.equal(false);
    socket.emit('close');
    expect(ended).to.deep.equal([]);
  });

  it('gives such a connection its session when there is room again', () => {
    sessionsLeft = 0;
    const socket = new StubSocket('127.0.0.1', 5);
    sessions.add(socket.asSocket());
    sessionsLeft = 1;
    const first = sessions.sessionOf(from('127.0.0.1:5'));
    expect(first).to.include({ kind: 'opened' });
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.equal(first);
    socket.emit('close');
    expect(ended).to.have.length(1);
  });
});
