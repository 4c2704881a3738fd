import { expect } from 'chai';
import { Candidate } from '../../bootstrap/candidate.js';
import type { RunningServer } from '../../bootstrap/compose.js';
import type { Cancellation, Election, LeaderDescription } from '../../ports/outbound/election.js';
import { type StateStore, StateStoreError } from '../../ports/outbound/state-store.js';
import { ControlledStateStore } from '../support/controlled-state-store.js';
import { FakeClock } from '../support/fake-clock.js';
import { RecordingLogger } from '../support/recording-logger.js';

const OTHER: LeaderDescription = {
  id: 'other',
  host: 'far',
  pid: 7,
  grpcAddress: 'far:3144',
  version: '0',
};

/** An election in which the spec says who leads, and servers that fail when the spec says so. */
class World implements Election {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  /** In order: 'vacancy', 'serve', 'stop', 'reload', 'close'. */
  readonly calls: string[] = [];
  /** How it stood, each time that it told of a change. */
  readonly told: string[] = [];
  startFailure: Error | undefined;
  readonly candidate: Candidate;
  #vacancy: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  #onLeader: (leader: LeaderDescription) => void = () => undefined;
  #fail: (cause: unknown) => void = () => undefined;

  constructor() {
    this.candidate = new Candidate({
      election: this,
      clock: this.clock,
      logger: this.logger,
      serve: (store) => this.#serve(store),
      onStatus: ({ role, leader }) => this.told.push(leader ? `${role} of ${leader.id}` : role),
    });
  }

  newStore(): StateStore {
    return new ControlledStateStore();
  }

  vacancy(onLeader: (leader: LeaderDescription) => void, signal: Cancellation): Promise<void> {
    this.calls.push('vacancy');
    this.#onLeader = onLeader;
    return new Promise((resolve, reject) => {
      this.#vacancy = { resolve, reject };
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  }

  close(): void {
    this.calls.push('close');
  }

  async anotherLeads(leader = OTHER): Promise<void> {
    this.#onLeader(leader);
    await this.clock.advance(0);
  }

  async nobodyLeads(): Promise<void> {
    this.#vacancy?.resolve();
    await this.clock.advance(0);
  }

  async electionFails(error: unknown): Promise<void> {
    this.#vacancy?.reject(error);
    await this.clock.advance(0);
  }

  async serverFails(cause: unknown): Promise<void> {
    this.#fail(cause);
    await this.clock.advance(0);
  }

  async #serve(_store: StateStore): Promise<RunningServer> {
    this.calls.push('serve');
    if (this.startFailure !== undefined) {
      throw this.startFailure;
    }
    const failure = new Promise<unknown>((resolve) => {
      this.#fail = resolve;
    });
    const note = (call: string) => async () => void this.calls.push(call);
    return { failure, stop: note('stop'), reload: note('reload') } as unknown as RunningServer;
  }
}

function trouble(code: StateStoreError['code'], message: string = code): StateStoreError {
  return new StateStoreError(code, message);
}

describe('A Candidate', () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.clock.advance(0);
  });

  afterEach(() => world.candidate.stop());

  async function lead(): Promise<void> {
    await world.nobodyLeads();
    expect(world.candidate.status()).to.deep.equal({ role: 'leader' });
  }

  async function failureSoFar(): Promise<unknown> {
    return Promise.race([world.candidate.failure, world.clock.advance(0).then(() => 'none')]);
  }

  it('is starting until it knows who leads, then stands by, and says who leads', async () => {
    expect(world.candidate.status()).to.deep.equal({ role: 'starting' });
    await world.anotherLeads();
    expect(world.candidate.status()).to.deep.equal({
      role: 'standby',
      leader: { id: 'other', grpcAddress: 'far:3144' },
    });
    expect(world.logger.messages).to.deep.equal(['Standing by: the server at far:3144 leads']);
    expect(world.candidate.server).to.equal(undefined);
  });

  it('serves when nobody leads', async () => {
    await world.anotherLeads();
    await lead();
    expect(world.calls).to.deep.equal(['vacancy', 'serve']);
    expect(world.logger.messages).to.include('Leading');
    expect(world.candidate.server).not.to.equal(undefined);
  });

  it('tells of each change of how it stands', async () => {
    await world.anotherLeads();
    await lead();
    await world.serverFails(trouble('deposed'));
    await lead();
    expect(world.told).to.deep.equal([
      'standby of other',
      ...['starting', 'leader', 'standby'],
      ...['starting', 'leader'],
    ]);
  });

  it('closes its doors when its term is over, and stands by again', async () => {
    await lead();
    await world.serverFails(trouble('deposed', 'far leads now'));
    expect(world.calls).to.deep.equal(['vacancy', 'serve', 'stop', 'vacancy']);
    expect(world.candidate.status().role).to.equal('standby');
    expect(world.logger.messages).to.include('Stepping down: far leads now');
    await lead();
    expect(await failureSoFar()).to.equal('none');
  });

  it('stands by again when its store failed: another may do better', async () => {
    await lead();
    await world.serverFails(trouble('write-failed'));
    await lead();
  });

  it('fails with what is no fault of its store', async () => {
    await lead();
    const fault = new Error('the rules are broken');
    await world.serverFails(fault);
    expect(await world.candidate.failure).to.equal(fault);
    expect(world.calls).to.deep.equal(['vacancy', 'serve', 'stop', 'close']);
  });

  it('stands by at once when another was quicker', async () => {
    world.startFailure = trouble('in-use');
    await world.nobodyLeads();
    expect(world.calls).to.deep.equal(['vacancy', 'serve', 'vacancy']);
    expect(world.logger.messages).to.deep.equal([]);
  });

  it('tries again each second while the election cannot be held, and says so once a minute', async () => {
    for (let second = 0; second < 59; second += 1) {
      await world.electionFails(trouble('unavailable', 'nobody is there'));
      await world.clock.advance(1_000);
    }
    expect(world.calls).to.have.length(60);
    expect(world.logger.messages).to.deep.equal([
      'Standing by, and trying again each second: nobody is there',
    ]);
    await world.electionFails(trouble('unavailable', 'another trouble'));
    await world.clock.advance(60_000);
    await world.electionFails(trouble('unavailable', 'another trouble'));
    expect(world.logger.messages).to.have.length(3);
  });

  for (const code of ['unavailable', 'deposed', 'write-failed'] as const) {
    it(`tries again when it cannot begin to lead: ${code}`, async () => {
      world.startFailure = trouble(code);
      await world.nobodyLeads();
      expect(world.candidate.status()).to.deep.equal({ role: 'standby' });
      world.startFailure = undefined;
      await world.clock.advance(1_000);
      await lead();
    });
  }

  it('fails when it is refused at the first contact', async () => {
    const refusal = trouble('refused', 'the password is wrong');
    await world.electionFails(refusal);
    expect(await world.candidate.failure).to.equal(refusal);
  });

  it('tries again when it is refused later', async () => {
    await world.anotherLeads();
    await world.electionFails(trouble('refused', 'the password is wrong now'));
    await world.clock.advance(1_000);
    await lead();
  });

  for (const failure of [trouble('damaged'), new Error('the port is taken')]) {
    it(`fails when it cannot lead for good: ${failure.message}`, async () => {
      world.startFailure = failure;
      await world.nobodyLeads();
      expect(await world.candidate.failure).to.equal(failure);
    });
  }

  it('stops while it stands by', async () => {
    await world.anotherLeads();
    await world.candidate.stop();
    expect(world.calls).to.deep.equal(['vacancy', 'close']);
    expect(world.candidate.status()).to.deep.equal({ role: 'stopping' });
    expect(await failureSoFar()).to.equal('none');
  });

  it('stops while it waits to try again', async () => {
    await world.electionFails(trouble('unavailable'));
    await world.candidate.stop();
    expect(world.clock.alarmCount).to.equal(0);
  });

  it('stops its server, then lets go of the election, when it leads', async () => {
    await lead();
    await Promise.all([world.candidate.stop(), world.candidate.stop()]);
    expect(world.calls).to.deep.equal(['vacancy', 'serve', 'stop', 'close']);
  });

  it('reloads its server, and has nothing to reload while it stands by', async () => {
    await world.candidate.reload();
    expect(world.logger.messages).to.deep.equal([
      'Standing by: certificates are read when this server leads',
    ]);
    await lead();
    await world.candidate.reload();
    expect(world.calls).to.include('reload');
  });
});
