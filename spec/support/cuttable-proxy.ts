/**
 * Why: a wire that the spec cuts where it likes (before a request came through, after it, before its answer), makes slow, or has
 * swallow everything for a while.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the delay of bytes passes. */
export type Pass = (delayMs: number) => Promise<unknown>;

interface Wire {
  readonly client: Socket;
  readonly server: Socket;
}

interface Direction {
  readonly from: Socket;
  readonly to: Socket;
  readonly isHeld: () => boolean;
}

/**
 * Passes bytes on, unless it holds them back; what is held back is lost when the wire is cut. What a black hole swallows comes
 * through when that is over, as a sender tries again until then.
 */
export class CuttableProxy {
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  #holdsRequests = false;
  #holdsAnswers = false;
  #isBlackhole = false;
  /** What happens once the black hole is over. */
  readonly #swallowed: (() => void)[] = [];
  #delayMs = 0;
  readonly #pass: Pass;
  #connectionCount = 0;

  private constructor(target: string, pass: Pass) {
    this.#pass = pass;
    const [host, port] = target.split(':');
    this.#server = createServer((client) => {
      const server = connect(Number(port), host);
      const wire = { client, server };
      this.#wires.add(wire);
      this.#connectionCount += 1;
      for (const socket of [client, server]) {
        socket.setNoDelay(true);
        socket.on('error', () => undefined);
      }
      this.#forward(wire, { from: client, to: server, isHeld: () => this.#holdsRequests });
      this.#forward(wire, { from: server, to: client, isHeld: () => this.#holdsAnswers });
      if (this.#isBlackhole) {
        stopReading(wire);
      }
    });
  }

  /** @param pass real time unless given. */
  static async start(
    target: string,
    pass: Pass = (delayMs) => sleep(delayMs, undefined, { ref: false }),
  ): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target, pass);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections there have been in all. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** From now on nothing of the client's comes through. */
  holdRequests(): void {
    this.#holdsRequests = true;
  }

  /** From now on nothing of the server's comes through. */
  holdAnswers(): void {
    this.#holdsAnswers = true;
  }

  /** From now on all that comes is passed on so much later, either way and in order. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /**
   * From now on nothing comes through either way, not even an end, on the wires there are and on those to come, which open as
   * ever: as if a cable was pulled, or the machine behind it froze.
   */
  blackhole(): void {
    this.#isBlackhole = true;
    for (const wire of this.#wires) {
      stopReading(wire);
    }
  }

  /** All that was swallowed comes through, ends too, and what is to come without delay. */
  restore(): void {
    this.#isBlackhole = false;
    this.#delayMs = 0;
    for (const { client, server } of this.#wires) {
      client.resume();
      server.resume();
    }
    for (const end of this.#swallowed.splice(0)) {
      end();
    }
  }

  /** Cuts every wire; those to come are whole again, and swallow nothing. */
  cut(): void {
    this.#holdsRequests = false;
    this.#holdsAnswers = false;
    this.#isBlackhole = false;
    this.#delayMs = 0;
    this.#swallowed.length = 0;
    for (const wire of [...this.#wires]) {
      this.#end(wire);
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #forward(wire: Wire, { from, to, isHeld }: Direction): void {
    let passed: Promise<unknown> | undefined;
    const inOrder = (action: () => void): void => {
      if (passed === undefined && this.#delayMs === 0) {
        action();
        return;
      }
      const mine = Promise.all([passed, this.#pass(this.#delayMs)]).then(() => {
        passed = passed === mine ? undefined : passed;
        this.#swallowOr(action);
      });
      passed = mine;
    };
    from.on('data', (bytes) => isHeld() || inOrder(() => to.write(bytes)));
    from.on('close', () => this.#swallowOr(() => inOrder(() => this.#end(wire))));
  }

  #swallowOr(action: () => void): void {
    if (this.#isBlackhole) {
      this.#swallowed.push(action);
    } else {
      action();
    }
  }

  #end(wire: Wire): void {
    this.#wires.delete(wire);
    wire.client.destroy();
    wire.server.destroy();
  }
}

function stopReading({ client, server }: Wire): void {
  client.pause();
  server.pause();
}
