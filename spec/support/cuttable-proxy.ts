/** Why: a wire that the spec cuts where it likes: before a request came through, after it, before its answer. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Wire {
  readonly client: Socket;
  readonly server: Socket;
}

/** Passes bytes on, unless it holds them back; what is held back is lost when the wire is cut. */
export class CuttableProxy {
  readonly #server: Server;
  readonly #wires = new Set<Wire>();
  #holdsRequests = false;
  #holdsAnswers = false;
  #connectionCount = 0;

  private constructor(target: string) {
    const [host, port] = target.split(':');
    this.#server = createServer((client) => {
      const server = connect(Number(port), host);
      const wire = { client, server };
      this.#wires.add(wire);
      this.#connectionCount += 1;
      for (const socket of [client, server]) {
        socket.setNoDelay(true);
        socket.on('error', () => undefined);
        socket.on('close', () => this.#end(wire));
      }
      client.on('data', (bytes) => this.#holdsRequests || server.write(bytes));
      server.on('data', (bytes) => this.#holdsAnswers || client.write(bytes));
    });
  }

  static async start(target: string): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
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

  /** Cuts every wire; those to come are whole again. */
  cut(): void {
    this.#holdsRequests = false;
    this.#holdsAnswers = false;
    for (const wire of [...this.#wires]) {
      this.#end(wire);
    }
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #end(wire: Wire): void {
    this.#wires.delete(wire);
    wire.client.destroy();
    wire.server.destroy();
  }
}
