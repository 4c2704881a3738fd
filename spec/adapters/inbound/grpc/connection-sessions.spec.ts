import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { ConnectionSessions } from '../../../../adapters/inbound/grpc/connection-sessions.js';
import type { Locking } from '../../../../ports/inbound/locking.js';

/** A socket as far as sessions look at it. */
class StubSocket extends EventEmitter {
  destroyed = false;

  constructor(
    readonly remoteAddress: string | undefined,
    readonly remotePort: number | undefined,
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
  let opened: string[];
  let ended: string[];
  let sessions: ConnectionSessions;

  beforeEach(() => {
    opened = [];
    ended = [];
    const locking: Pick<Locking, 'openSession' | 'endSession'> = {
      openSession: ({ peer }) => {
        const id = `session ${opened.length} of ${peer}`;
        opened.push(id);
        return id;
      },
      endSession: (sessionId) => {
        ended.push(sessionId);
      },
    };
    sessions = new ConnectionSessions(locking as Locking);
  });

  const from = (peer: string) => ({ getPeer: () => peer });

  it('finds the session of a call by its connection', () => {
    sessions.add(new StubSocket('127.0.0.1', 5).asSocket());
    sessions.add(new StubSocket('127.0.0.1', 6).asSocket());
    expect(sessions.sessionOf(from('127.0.0.1:6'))).to.equal('session 1 of 127.0.0.1:6');
  });

  it('ends a session when its socket closes, once', () => {
    const socket = new StubSocket('127.0.0.1', 5);
    sessions.add(socket.asSocket());
    socket.emit('close');
    socket.emit('close');
    expect(ended).to.deep.equal(['session 0 of 127.0.0.1:5']);
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.equal(undefined);
    expect(sessions.count).to.equal(0);
  });

  it('ends the old session first when a client comes back by the same port', () => {
    const old = new StubSocket('127.0.0.1', 5);
    sessions.add(old.asSocket());
    sessions.add(new StubSocket('127.0.0.1', 5).asSocket());
    expect(ended).to.deep.equal(['session 0 of 127.0.0.1:5']);
    expect(old.destroyed).to.equal(true);
    old.emit('close');
    expect(sessions.sessionOf(from('127.0.0.1:5'))).to.equal('session 1 of 127.0.0.1:5');
    expect(ended).to.have.length(1);
  });

  it('opens no session for a socket that is gone before it is seen', () => {
    const socket = new StubSocket(undefined, undefined);
    expect(sessions.add(socket.asSocket())).to.equal(undefined);
    expect(socket.destroyed).to.equal(true);
    expect(opened).to.deep.equal([]);
  });
});
