/** Why: the same clients' day for every server that is to die: unary calls and a session stream, one request after another. */
import { status as Status } from '@grpc/grpc-js';
import type { ServerFrame } from '../../proto/session-frames.js';
import { FrameClient } from '../support/frame-client.js';
import { GrpcWorldClient, type Method, type Outcome } from '../support/grpc-world.js';
import type { ClientsBook, NotedLease } from './clients-book.js';

/** In each a lock by a unary call and one by the stream are taken and renewed; every second one's are given back. */
const ROUNDS = 6;

/** Longer than any course. */
const LEASE_SECONDS = 600;
const LEASE_MS = LEASE_SECONDS * 1000;

const HELLO = { token: '', recoveryWindowMs: undefined, owner: undefined };

class ServerGone extends Error {}

/** The clients stay connected until `close`: an end of theirs would give back what they hold. */
export class Course {
  readonly #unary: GrpcWorldClient;
  readonly #stream: FrameClient;
  readonly #book: ClientsBook;
  #requestId = 0;

  constructor(address: string, book: ClientsBook) {
    this.#unary = new GrpcWorldClient(address);
    this.#stream = new FrameClient(address);
    this.#book = book;
  }

  /** Resolves when all is done, or the server is gone. @throws Error when it says what it should not. */
  async run(): Promise<void> {
    try {
      await this.#open();
      for (let round = 0; round < ROUNDS; round += 1) {
        const byCall = await this.#lock(`call-${round}`);
        const byStream = await this.#acquire(`stream-${round}`);
        await this.#renew(byCall);
        await this.#renewOnStream(byStream);
        if (round % 2 === 0) {
          await this.#unlock(byCall);
          await this.#release(byStream);
        }
      }
    } catch (error) {
      if (!(error instanceof ServerGone)) {
        throw error;
      }
    }
  }

  close(): void {
    this.#unary.close();
    this.#stream.close();
  }

  /** Asks for a lock along with the session, so that a batch follows the first one before any other request comes. */
  async #open(): Promise<void> {
    const welcomed = async () => {
      this.#book.token = (await this.#hear((frame) => frame.welcome)).token;
    };
    await Promise.all([this.#acquire('stream-first', HELLO), welcomed()]);
  }

  async #lock(name: string): Promise<NotedLease> {
    const lease = this.#book.ask(name);
    const outcome = await this.#call('Lock', { name, lock_timeout_seconds: LEASE_SECONDS });
    expectYes(outcome, outcome.locked);
    this.#book.grant(lease, outcome.key ?? '', Number(outcome.fencing_token));
    return lease;
  }

  async #renew({ name, key }: NotedLease): Promise<void> {
    const lock_timeout_seconds = LEASE_SECONDS;
    const outcome = await this.#call('Renew', { name, key, lock_timeout_seconds });
    expectYes(outcome, outcome.locked);
  }

  async #unlock(lease: NotedLease): Promise<void> {
    const { name, key } = lease;
    lease.state = 'releasing';
    const outcome = await this.#call('Unlock', { name, key });
    expectYes(outcome, outcome.unlocked);
    lease.state = 'released';
  }

  async #acquire(name: string, hello?: typeof HELLO): Promise<NotedLease> {
    this.#requestId += 1;
    const requestId = this.#requestId;
    const lease = this.#book.ask(name, requestId);
    this.#stream.send({
      hello,
      acquires: [{ requestId, claims: [{ name, size: 1, units: 1 }], ...ACQUIRE_TERMS }],
    });
    const { key, fencingToken } = await this.#hear((frame) =>
      frame.granted.find((grant) => grant.requestId === requestId),
    );
    this.#book.grant(lease, key, fencingToken);
    return lease;
  }

  async #renewOnStream({ name, key }: NotedLease): Promise<void> {
    this.#requestId += 1;
    const requestId = this.#requestId;
    this.#stream.send({ renewals: [{ requestId, name, key, leaseMs: LEASE_MS }] });
    await this.#hear((frame) => frame.done.find((id) => id === requestId));
  }

  async #release(lease: NotedLease): Promise<void> {
    this.#requestId += 1;
    const requestId = this.#requestId;
    const { name, key } = lease;
    lease.state = 'releasing';
    lease.releaseId = requestId;
    this.#stream.send({ releases: [{ requestId, name, key }] });
    await this.#hear((frame) => frame.done.find((id) => id === requestId));
    lease.state = 'released';
  }

  /** @throws ServerGone */
  async #call(method: Method, request: object): Promise<Outcome> {
    const outcome = await this.#unary.call(method, request);
    if (outcome.status === Status.UNAVAILABLE) {
      throw new ServerGone();
    }
    return outcome;
  }

  /** @throws ServerGone */
  async #hear<Found>(find: (frame: ServerFrame) => Found | undefined): Promise<Found> {
    const found = await Promise.race([
      this.#stream.until((frames) => frames.map(find).find((one) => one !== undefined)),
      this.#stream.status.then(() => undefined),
    ]);
    if (found === undefined) {
      throw new ServerGone();
    }
    return found;
  }
}

/** How every lock of the course is asked for on the stream. */
export const ACQUIRE_TERMS = { waitMs: 0, leaseMs: LEASE_MS, metadata: undefined };

function expectYes(outcome: Outcome, isYes: boolean | undefined): void {
  if (isYes !== true) {
    throw new Error(`the server refused: ${JSON.stringify(outcome)}`);
  }
}
