/** Opens connections that mean no good and keeps them up: whichever the server cuts is opened anew, at a bounded pace. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FRAME, frameBytes } from '../support/raw-http2-connection.js';
import type { Port, Target } from './target.js';

/** One that was cut comes back after so long, as a patient attacker's would. */
const RETURN_MS = 100;
/** How often each connection says something. */
const TURN_MS = 10;
/**
 * Connections begun in one turn, all together: 500 a second, and 200 of TLS, whose handshakes cost both
 * sides a millisecond or two each. Faster, it is not the attack but the dialling that uses up the machine.
 */
const DIALS_PER_TURN = { plain: 5, tls: 2 };
/** More is not written while the server has not taken so much. */
const UNSENT_BYTES_MAX = 262_144;

const PING_LENGTH = 17;
const ACKNOWLEDGED = 1;

/** What came of it all. */
export interface AttackReport {
  /** Connections that came to stand; over TLS, unless `isRaw`, with their handshake done. */
  readonly openedCount: number;
  /** The most that stood at one time. */
  readonly openMax: number;
  /** Those that the server ended. */
  readonly cutCount: number;
  readonly bytesSent: number;
  /** The last failure to connect that the attacker's own machine is to blame for, such as EMFILE. */
  readonly obstacle: string | undefined;
}

export interface Assault {
  readonly port: Port;
  /** Connections at one time. */
  readonly count: number;
  /** Without TLS, even where the port speaks it. */
  readonly isRaw?: boolean;
  /** The server's hanging up is not answered in kind. */
  readonly isClinging?: boolean;
  /** The server's PINGs are answered, as a connection that means to stay does. */
  readonly isAlive?: boolean;
  /** Answers are left unread. */
  readonly isDeaf?: boolean;
  /** Said once, as soon as the connection stands. */
  readonly opening?: () => Buffer;
  /** Said again and again. `turn` counts from zero for each connection. */
  readonly everyTurn?: (turn: number) => Buffer;
  /** In milliseconds. */
  readonly turnMs?: number;
}

/** Idle → attacking → ended. */
export class Attacker {
  readonly #target: Target;
  readonly #sockets = new Set<Socket>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #dials: (() => void)[] = [];
  #hasEnded = false;
  #openedCount = 0;
  #openMax = 0;
  #cutCount = 0;
  #bytesSent = 0;
  #obstacle: string | undefined;

  constructor(target: Target) {
    this.#target = target;
    this.#every(TURN_MS, () => {
      for (const dial of this.#dials.splice(0, DIALS_PER_TURN[target.isSecure ? 'tls' : 'plain'])) {
        dial();
      }
    });
  }

  launch(assault: Assault): void {
    for (let index = 0; index < assault.count; index += 1) {
      this.#dials.push(() => this.#dial(assault));
    }
  }

  get report(): AttackReport {
    return {
      openedCount: this.#openedCount,
      openMax: this.#openMax,
      cutCount: this.#cutCount,
      bytesSent: this.#bytesSent,
      obstacle: this.#obstacle,
    };
  }

  /** Everyone hangs up. */
  end(): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) {
      clearInterval(timer);
    }
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  #dial(assault: Assault): void {
    if (this.#hasEnded) {
      return;
    }
    const [host = '', port] = this.#target[assault.port].split(':');
    const allowHalfOpen = assault.isClinging === true;
    const place = { host, port: Number(port), allowHalfOpen };
    const isPlain = assault.isRaw === true || !this.#target.isSecure;
    const socket = isPlain
      ? connectPlain(place)
      : connectTls({
          ...place,
          rejectUnauthorized: false,
          ALPNProtocols: [assault.port === 'grpc' ? 'h2' : 'http/1.1'],
        });
    let talk: NodeJS.Timeout | undefined;
    socket.once(isPlain ? 'connect' : 'secureConnect', () => {
      this.#sockets.add(socket);
      this.#openedCount += 1;
      this.#openMax = Math.max(this.#openMax, this.#sockets.size);
      talk = this.#speak(socket, assault);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EMFILE' || error.code === 'EADDRNOTAVAIL') {
        this.#obstacle = error.code;
      }
    });
    socket.once('close', () => {
      clearInterval(talk);
      this.#sockets.delete(socket);
      if (!this.#hasEnded) {
        this.#cutCount += 1;
        setTimeout(() => this.#dials.push(() => this.#dial(assault)), RETURN_MS);
      }
    });
  }

  #speak(socket: Socket, assault: Assault): NodeJS.Timeout | undefined {
    const { opening, everyTurn, isDeaf = false, isAlive = false, turnMs = TURN_MS } = assault;
    if (isDeaf) {
      socket.pause();
    } else if (isAlive) {
      socket.on('data', (chunk: Buffer) => this.#answerPing(socket, chunk));
    } else {
      socket.resume();
    }
    if (opening !== undefined) {
      this.#write(socket, opening());
    }
    if (everyTurn === undefined) {
      return undefined;
    }
    let turn = 0;
    return this.#every(turnMs, () => {
      if (socket.writable && socket.writableLength < UNSENT_BYTES_MAX) {
        this.#write(socket, everyTurn(turn));
        turn += 1;
      }
    });
  }

  /** On a connection on which nothing else happens, a PING comes by itself. */
  #answerPing(socket: Socket, chunk: Buffer): void {
    if (chunk.length === PING_LENGTH && chunk[3] === FRAME.ping && chunk[4] === 0) {
      const payload = chunk.subarray(PING_LENGTH - 8);
      this.#write(socket, frameBytes({ type: FRAME.ping, flags: ACKNOWLEDGED, payload }));
    }
  }

  #write(socket: Socket, bytes: Buffer): void {
    this.#bytesSent += bytes.length;
    socket.write(bytes);
  }

  #every(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setInterval(act, ms);
    this.#timers.push(timer);
    return timer;
  }
}
