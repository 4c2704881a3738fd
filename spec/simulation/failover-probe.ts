/**
 * Why: asks what no client would. It has connections to the leader, sees the next one lead and changes there what the
 * old one knows; then it asks the old one by those connections, which may be told nothing: no grant, no refusal, and no check.
 */
import { type Acquire, REFUSAL, type ServerFrame } from '../../proto/session-frames.js';
import { FrameClient } from '../support/frame-client.js';
import { GrpcWorldClient, type Method, type Outcome } from '../support/grpc-world.js';
import type { Entry, Grant } from './history.js';
import { sharedNow } from './reported-line.js';
import type { Answer } from './term-book.js';

/** So many locks it holds at a leader when that is about to fall. */
export const PROBED_LOCKS = 2;

const NEVER = Number.POSITIVE_INFINITY;
/** So long that the session lives on over leaders that fall by themselves, too, as they do on a slow machine. */
export const RECOVERY_MS = 60_000;

/** On the leader → on the next → closed. */
export class FailoverProbe {
  /** By names of its own. */
  readonly entries: (readonly [name: string, entry: Entry])[] = [];
  readonly answers: Answer[] = [];
  /** What is wrong by itself, in words. */
  readonly faults: string[] = [];
  readonly #suffix: string;
  readonly #old: Peer;
  #new: Peer | undefined;
  #cutOff: Promise<void> | undefined;
  #token = '';
  readonly #grants = new Map<string, Grant>();

  private constructor(address: string, suffix: string) {
    this.#suffix = suffix;
    this.#old = new Peer(address, this.answers);
  }

  /**
   * Takes a lock by a single call and another one over a stream.
   * @param suffix for the names of its locks.
   */
  static async begin(leaderAddress: string, suffix: string): Promise<FailoverProbe> {
    const probe = new FailoverProbe(leaderAddress, suffix);
    const welcome = await probe.#old.hello('', RECOVERY_MS);
    probe.#token = welcome?.token ?? '';
    await probe.#tryLock(probe.#old, 'called');
    await probe.#acquire(probe.#old, 'streamed');
    return probe;
  }

  /** To be called when its leader is about to lose the lead: what hangs on a connection may end from now on. */
  expectFailover(): void {
    this.#mayEnd('called');
  }

  /** Takes one more of a leader that cannot keep it any more: it may be told of nothing that the next one does not know. */
  askCutOff(): void {
    this.#cutOff = this.#acquire(this.#old, 'cut off');
  }

  /** What the old leader knows changes at the new one. */
  async changeAt(leaderAddress: string): Promise<void> {
    await this.#cutOff;
    const peer = new Peer(leaderAddress, this.answers);
    this.#new = peer;
    const welcome = await peer.hello(this.#token, RECOVERY_MS);
    if (this.#token !== '' && welcome !== undefined && !welcome.resumed) {
      this.faults.push(`${leaderAddress} does not know the session that its predecessor opened`);
    }
    await this.#check(peer, 'cut off');
    await this.#check(peer, 'streamed');
    await this.#releaseStreamed(peer);
    await this.#unlock(peer, 'called');
    await this.#tryLock(peer, 'fresh');
  }

  /**
   * Asks the old leader of what it can tell without keeping anything, and notes what comes of it, if anything. That comes before
   * the rest: an answer waits for all that is being kept.
   */
  async readOld(): Promise<void> {
    const late = new Peer(this.#old.address, this.answers);
    await Promise.all([
      this.#tryLock(this.#old, 'called'),
      this.#check(this.#old, 'streamed'),
      this.#acquire(this.#old, 'streamed'),
      this.#old.beat(),
      // Somebody who comes when it stands still, and finds a connection open.
      late.hello(this.#token, RECOVERY_MS),
    ]);
    late.close();
  }

  /** Asks the old leader to change what is not its own any more. */
  async writeOld(): Promise<void> {
    await Promise.all([
      this.#tryLock(this.#old, 'fresh'),
      this.#renew(this.#old, 'called'),
      this.#unlock(this.#old, 'called'),
    ]);
  }

  async close(): Promise<void> {
    if (this.#new !== undefined) {
      await this.#unlock(this.#new, 'fresh');
      this.#mayEnd('cut off');
      await this.#new.sayGoodbye();
    }
    this.#new?.close();
    this.#old.close();
  }

  async #tryLock(peer: Peer, lock: string): Promise<void> {
    const name = this.#nameOf(lock);
    const askedAt = sharedNow();
    const {
      status,
      locked,
      key = '',
      fencing_token: token = 0,
    } = await peer.call('TryLock', { name });
    const toldAt = sharedNow();
    if (status !== undefined) {
      this.#note(lock, { kind: 'unknown', askedAt, toldAt: NEVER });
    } else if (locked) {
      this.#granted(lock, { key, token, askedAt, toldAt });
    } else {
      this.#note(lock, { kind: 'busy', size: 1, askedAt, toldAt });
    }
  }

  async #acquire(peer: Peer, lock: string): Promise<void> {
    const claims = [{ name: this.#nameOf(lock), size: 1, units: 1 }];
    const askedAt = sharedNow();
    const acquire = { claims, waitMs: 0, leaseMs: undefined, metadata: undefined };
    const answer = await peer.askStream({ acquires: acquire });
    const toldAt = sharedNow();
    if (answer === undefined) {
      this.#note(lock, { kind: 'unknown', askedAt, toldAt: NEVER });
    } else if (answer.kind === 'granted') {
      const { key, fencingToken: token } = answer.granted;
      this.#granted(lock, { key, token, askedAt, toldAt });
    } else {
      this.#note(lock, { kind: 'busy', size: 1, askedAt, toldAt });
    }
  }

  async #check(peer: Peer, lock: string): Promise<void> {
    const key = this.#grants.get(lock)?.key;
    if (key === undefined) {
      return;
    }
    const askedAt = sharedNow();
    const answer = await peer.askStream({ checks: { name: this.#nameOf(lock), key } });
    if (answer !== undefined) {
      const kind = answer.kind === 'done' ? 'renewed' : 'lost';
      this.#note(lock, { kind, key, askedAt, toldAt: sharedNow() });
    }
  }

  async #releaseStreamed(peer: Peer): Promise<void> {
    const key = this.#grants.get('streamed')?.key;
    if (key === undefined) {
      return;
    }
    this.#mayEnd('streamed');
    const askedAt = sharedNow();
    const answer = await peer.askStream({ releases: { name: this.#nameOf('streamed'), key } });
    if (answer !== undefined) {
      const kind = answer.kind === 'done' ? 'released' : 'lost';
      this.#note('streamed', { kind, key, askedAt, toldAt: sharedNow() });
    }
  }

  async #renew(peer: Peer, lock: string): Promise<void> {
    const key = this.#grants.get(lock)?.key;
    if (key !== undefined) {
      const name = this.#nameOf(lock);
      const askedAt = sharedNow();
      const outcome = await peer.call('Renew', { name, key, lock_timeout_seconds: 1 });
      this.#used(lock, { did: 'renewed', isDone: outcome.locked, key, askedAt }, outcome);
    }
  }

  async #unlock(peer: Peer, lock: string): Promise<void> {
    const key = this.#grants.get(lock)?.key;
    if (key !== undefined) {
      this.#mayEnd(lock);
      const name = this.#nameOf(lock);
      const askedAt = sharedNow();
      const outcome = await peer.call('Unlock', { name, key });
      this.#used(lock, { did: 'released', isDone: outcome.unlocked, key, askedAt }, outcome);
    }
  }

  #used(
    lock: string,
    use: {
      readonly did: 'released' | 'renewed';
      readonly isDone: boolean | undefined;
      readonly key: string;
      readonly askedAt: number;
    },
    { status }: Outcome,
  ): void {
    if (status === undefined) {
      const { did, isDone, key, askedAt } = use;
      this.#note(lock, { kind: isDone ? did : 'lost', key, askedAt, toldAt: sharedNow() });
    }
  }

  #granted(lock: string, grant: Pick<Grant, 'key' | 'token' | 'askedAt' | 'toldAt'>): void {
    const entry: Grant = { kind: 'granted', size: 1, mayEndFrom: NEVER, ...grant };
    if (!this.#grants.has(lock)) {
      this.#grants.set(lock, entry);
    }
    this.#note(lock, entry);
  }

  #mayEnd(lock: string): void {
    const grant = this.#grants.get(lock);
    if (grant !== undefined) {
      grant.mayEndFrom = Math.min(grant.mayEndFrom, sharedNow());
    }
  }

  #note(lock: string, entry: Entry): void {
    this.entries.push([this.#nameOf(lock), entry]);
  }

  #nameOf(lock: string): string {
    return `${lock}${this.#suffix}`;
  }
}

type Questions = {
  readonly acquires?: Omit<Acquire, 'requestId'>;
  readonly checks?: { readonly name: string; readonly key: string };
  readonly releases?: { readonly name: string; readonly key: string };
};

type StreamAnswer =
  | { readonly kind: 'granted'; readonly granted: ServerFrame['granted'][number] }
  | { readonly kind: 'done' | 'refused' };

/** One server, by a connection for single calls and one for a stream; undefined is the answer of one that is gone. */
class Peer {
  readonly address: string;
  readonly #caller: GrpcWorldClient;
  readonly #stream: FrameClient;
  readonly #answers: Answer[];
  #lastId = 0;
  #sentCount = 0;

  constructor(address: string, answers: Answer[]) {
    this.address = address;
    this.#answers = answers;
    this.#caller = new GrpcWorldClient(address);
    this.#stream = new FrameClient(address);
  }

  async hello(token: string, recoveryMs: number): Promise<ServerFrame['welcome']> {
    return this.#told('hello', async () => {
      this.#send({ hello: { token, recoveryWindowMs: recoveryMs, owner: undefined } });
      return this.#unlessOver(this.#stream.welcome());
    });
  }

  /** Says nothing but that it is there; to hear that this was heard is an answer, by which clients go on believing. */
  async beat(): Promise<void> {
    await this.#told('heartbeat', async () => {
      const count = this.#send({});
      const isHeard = ({ received }: ServerFrame) => received >= count;
      return this.#unlessOver(this.#stream.until((frames) => frames.find(isHeard)));
    });
  }

  async call(method: Method, request: object): Promise<Outcome> {
    let outcome: Outcome = {};
    await this.#told(method, async () => {
      outcome = await this.#caller.call(method, request);
      return outcome.status === undefined ? outcome : undefined;
    });
    return outcome;
  }

  askStream(questions: Questions): Promise<StreamAnswer | undefined> {
    this.#lastId += 1;
    // Numbers of a session grow, also when it is resumed elsewhere.
    const requestId = Math.trunc(sharedNow() * 1_000) + this.#lastId;
    const asked = Object.entries(questions).map(([kind, question]) => [
      kind,
      [{ ...question, requestId }],
    ]);
    return this.#told(Object.keys(questions).join(), async () => {
      this.#send(Object.fromEntries(asked));
      return this.#unlessOver(this.#stream.until((frames) => answerIn(frames, requestId)));
    });
  }

  /** Ends the session: what it leaves behind would have to be kept when nothing is to be. */
  async sayGoodbye(): Promise<void> {
    this.#send({ goodbye: true });
    await this.#stream.status;
  }

  close(): void {
    this.#caller.close();
    this.#stream.close();
  }

  /** @returns how many frames that makes. */
  #send(frame: Parameters<FrameClient['send']>[0]): number {
    this.#stream.send(frame);
    this.#sentCount += 1;
    return this.#sentCount;
  }

  #unlessOver<Value>(told: Promise<Value>): Promise<Value | undefined> {
    return Promise.race([told, this.#stream.status.then(() => undefined)]);
  }

  async #told<Told>(what: string, ask: () => Promise<Told>): Promise<Told> {
    const askedAt = sharedNow();
    const told = await ask();
    if (told !== undefined) {
      this.#answers.push({ by: this.address, what, askedAt, toldAt: sharedNow() });
    }
    return told;
  }
}

function answerIn(frames: readonly ServerFrame[], requestId: number): StreamAnswer | undefined {
  const granted = frames
    .flatMap((frame) => frame.granted)
    .find((one) => one.requestId === requestId);
  if (granted !== undefined) {
    return { kind: 'granted', granted };
  }
  if (frames.some(({ done }) => done.includes(requestId))) {
    return { kind: 'done' };
  }
  const refused = frames
    .flatMap((frame) => frame.refused)
    .find((one) => one.requestId === requestId);
  // To be told to ask another server is to be told nothing of any lock.
  return refused === undefined || refused.code === REFUSAL.serverStopping
    ? undefined
    : { kind: 'refused' };
}
