/** Why: for unary clients a connection is the session; this knows which session a call's connection is. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Operator } from '../../../domain/operator.js';
import { refused } from '../../../domain/refusal.js';
import type { Locking, OpenSessionAnswer } from '../../../ports/inbound/locking.js';
import { connectionName } from './connection-name.js';
import { type Offence, Patience } from './patience.js';

interface Connection {
  readonly socket: Socket;
  /** The client's `address:port`, for operators. */
  readonly peer: string;
  /** Refused past the bound on sessions; such a connection may still release and renew, and try again. */
  session: OpenSessionAnswer;
  /** From its first offence on. */
  patience?: Patience;
}

/** Connected → ended. A connection's session ends when its socket has closed, however that came about. */
export class ConnectionSessions {
  readonly #locking: Locking;
  /** By name, which is all that the gRPC library tells of a call's connection. */
  readonly #connections = new Map<string, Connection>();

  constructor(locking: Locking) {
    this.#locking = locking;
  }

  get count(): number {
    return this.#connections.size;
  }

  /** Opens a session for a connected socket, and ends it with the socket. @returns its name, or undefined if it is gone already. */
  add(socket: Socket): string | undefined {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return undefined;
    }
    const name = connectionName(socket);
    // A client that was reset may come back by the same port before the old socket's end is heard of.
    this.#end(name, this.#connections.get(name));
    const peer = `${remoteAddress}:${remotePort}`;
    const connection: Connection = { socket, peer, session: this.#open(peer, socket) };
    this.#connections.set(name, connection);
    socket.once('close', () => this.#end(name, connection));
    return name;
  }

  /** A call that has passed the gate tells the name of its connection as its peer. */
  sessionOf(call: { getPeer(): string }): OpenSessionAnswer {
    const connection = this.#connections.get(call.getPeer());
    if (connection?.session.kind === 'refused') {
      connection.session = this.#open(connection.peer, connection.socket);
    }
    return connection?.session ?? refused('session-unknown');
  }

  /** The client's `address:port` on the connection of that name. */
  peerOf(name: string): string {
    return this.#connections.get(name)?.peer ?? 'gone';
  }

  /** The session of the connection of that name; undefined if it has none. */
  sessionIdOf(name: string): string | undefined {
    const session = this.#connections.get(name)?.session;
    return session?.kind === 'opened' ? session.sessionId : undefined;
  }

  /** Who is at the other end of the connection of that name, as far as that is known. */
  operatorOf(name: string): Operator {
    const subject = certificateSubject(this.#connections.get(name)?.socket);
    return {
      door: 'remote',
      peer: this.peerOf(name),
      ...(subject !== undefined && { certificateSubject: subject }),
    };
  }

  /** Cuts the connection of that name, and with it all that came by it. */
  destroy(name: string): void {
    this.#connections.get(name)?.socket.destroy();
  }

  /** Notes what a connection has done; one that did it too often is cut. @returns whether it was cut now. */
  blame(name: string, offence: Offence): boolean {
    const connection = this.#connections.get(name);
    if (connection === undefined || connection.socket.destroyed) {
      return false;
    }
    const now = performance.now();
    connection.patience ??= new Patience(now);
    if (connection.patience.bears(offence, now)) {
      return false;
    }
    connection.socket.destroy();
    return true;
  }

  /** Cuts every connection. */
  destroyAll(): void {
    for (const { socket } of this.#connections.values()) {
      socket.destroy();
    }
  }

  #open(peer: string, socket: Socket): OpenSessionAnswer {
    return this.#locking.openSession({
      kind: 'connection',
      peer,
      // Its client would go on in a session that is over. What it is owed leaves first.
      listener: () => void setImmediate(() => socket.destroy()),
    });
  }

  #end(name: string, connection: Connection | undefined): void {
    if (connection !== undefined && this.#connections.get(name) === connection) {
      this.#connections.delete(name);
      connection.socket.destroy();
      if (connection.session.kind === 'opened') {
        this.#locking.endSession(connection.session.sessionId, 'gone').catch(() => {
          // A failing store stops the server, whose composition is told of it by the service.
        });
      }
    }
  }
}

/** Of the certificate that the client proved to have, such as `O=Acme, CN=ops`; undefined without one. */
function certificateSubject(socket: Socket | undefined): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    return undefined;
  }
  const fields = Object.entries(socket.getPeerCertificate().subject ?? {});
  return fields.length === 0
    ? undefined
    : fields.map(([field, values]) => `${field}=${[values].flat().join('+')}`).join(', ');
}
