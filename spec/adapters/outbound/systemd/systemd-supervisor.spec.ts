import { expect } from 'chai';
import { NotifyError } from '../../../../adapters/outbound/systemd/notify-program.js';
import { SystemdSupervisor } from '../../../../adapters/outbound/systemd/systemd-supervisor.js';
import { NotifyReceiver } from '../../../support/notify-receiver.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { SpecFolder } from '../../../support/server-process.js';

describe('SystemdSupervisor', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let sent: (readonly string[])[];
  /** Ends each message under way; the first is the oldest. */
  let answers: ((error?: NotifyError) => void)[];
  let isHeld: boolean;

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    sent = [];
    answers = [];
    isHeld = false;
  });

  function supervisorWith({ watchdogMs }: { watchdogMs?: number } = {}): SystemdSupervisor {
    const send = (assignments: readonly string[]) => {
      sent.push(assignments);
      return new Promise<void>((resolve, reject) => {
        const answer = (error?: NotifyError) => (error === undefined ? resolve() : reject(error));
        if (isHeld) {
          answers.push(answer);
        } else {
          answer();
        }
      });
    };
    return new SystemdSupervisor({ send, watchdogMs, clock, logger });
  }

  async function answer(error?: NotifyError): Promise<void> {
    answers.shift()?.(error);
    await clock.settle();
  }

  it('tells that the process is ready, and what it does', async () => {
    supervisorWith().ready('Serves clients');
    await clock.settle();
    expect(sent).to.deep.equal([['READY=1', 'STATUS=Serves clients']]);
  });

  it('keeps a status on one line, so that it is no second assignment', () => {
    supervisorWith().ready('Leads\nWATCHDOG=trigger');
    expect(sent).to.deep.equal([['READY=1', 'STATUS=Leads WATCHDOG=trigger']]);
  });

  it('tells that it reloads, and that this is over', async () => {
    const supervisor = supervisorWith();
    supervisor.ready('Serves');
    await clock.settle();
    supervisor.reloading();
    await clock.settle();
    supervisor.reloaded();
    await clock.settle();
    expect(sent.slice(1)).to.deep.equal([['RELOADING=1'], ['READY=1']]);
  });

  it('takes a reload before it is ready for no readiness', async () => {
    const supervisor = supervisorWith();
    supervisor.reloading();
    supervisor.reloaded();
    await clock.settle();
    expect(sent).to.deep.equal([]);
  });

  it('tells that it stops, and nothing after that', async () => {
    const supervisor = supervisorWith({ watchdogMs: 30_000 });
    supervisor.ready('Leads');
    await clock.settle();
    supervisor.stopping();
    supervisor.ready('Stands by');
    supervisor.reloaded();
    await clock.advance(60_000);
    expect(sent.slice(1)).to.deep.equal([['STOPPING=1', 'STATUS=Stopping']]);
    expect(clock.alarmCount).to.equal(0);
  });

  it('gives a sign of life twice in the time that the watchdog waits, once it is ready', async () => {
    const supervisor = supervisorWith({ watchdogMs: 30_000 });
    await clock.advance(60_000);
    expect(sent).to.deep.equal([]);
    supervisor.ready('Serves');
    await clock.advance(14_999);
    expect(sent).to.have.length(1);
    await clock.advance(1);
    expect(sent.slice(1)).to.deep.equal([['WATCHDOG=1']]);
    await clock.advance(30_000);
    expect(sent.slice(1)).to.deep.equal([['WATCHDOG=1'], ['WATCHDOG=1'], ['WATCHDOG=1']]);
  });

  it('gives no more signs of life for being ready twice', async () => {
    const supervisor = supervisorWith({ watchdogMs: 2_000 });
    supervisor.ready('Stands by');
    supervisor.ready('Leads');
    expect(clock.alarmCount).to.equal(1);
  });

  it('gives no sign of life that nobody asks for', async () => {
    supervisorWith().ready('Serves');
    await clock.advance(3_600_000);
    expect(sent).to.have.length(1);
    expect(clock.alarmCount).to.equal(0);
  });

  it('sends one message at a time, and of what comes meanwhile the last', async () => {
    isHeld = true;
    const supervisor = supervisorWith({ watchdogMs: 2_000 });
    supervisor.ready('Stands by');
    supervisor.ready('Leads');
    supervisor.reloading();
    supervisor.reloaded();
    await clock.advance(10_000);
    expect(sent).to.deep.equal([['READY=1', 'STATUS=Stands by']]);
    await answer();
    expect(sent.slice(1)).to.deep.equal([['READY=1', 'STATUS=Leads', 'WATCHDOG=1']]);
    await answer();
    expect(sent).to.have.length(2);
  });

  it('sends what waits when a message fails', async () => {
    isHeld = true;
    const supervisor = supervisorWith();
    supervisor.ready('Stands by');
    supervisor.ready('Leads');
    await answer(new NotifyError('no such socket', { cause: undefined, isMissing: false }));
    expect(sent.slice(1)).to.deep.equal([['READY=1', 'STATUS=Leads']]);
  });

  it('tells that it stops without waiting for what is under way, and drops what waits', async () => {
    isHeld = true;
    const supervisor = supervisorWith();
    supervisor.ready('Stands by');
    supervisor.ready('Leads');
    supervisor.stopping();
    expect(sent.slice(1)).to.deep.equal([['STOPPING=1', 'STATUS=Stopping']]);
    await answer();
    expect(sent).to.have.length(2);
  });

  for (const [isMissing, remedy] of [
    [true, 'install it (Debian: systemd)'],
    [false, 'NotifyAccess=all'],
  ] as const) {
    it(`warns once when a message fails, and says what to do: ${remedy}`, async () => {
      isHeld = true;
      const supervisor = supervisorWith({ watchdogMs: 2_000 });
      supervisor.ready('Serves');
      await answer(new NotifyError('it hurts', { cause: undefined, isMissing }));
      await clock.advance(1_000);
      await answer(new NotifyError('it hurts', { cause: undefined, isMissing }));
      expect(logger.lines.map(({ level }) => level)).to.deep.equal(['warn']);
      expect(logger.messages[0]).to.include('it hurts').and.to.include(remedy);
    });
  }

  describe('found by the environment', () => {
    const pid = 4_711;
    const folder = new SpecFolder();
    let receiver: NotifyReceiver | undefined;

    after(async () => {
      await receiver?.end();
      folder.remove();
    });

    function found(environment: Record<string, string>): SystemdSupervisor | undefined {
      // A program that is not there: what is looked at is whether it is tried, and when.
      return SystemdSupervisor.find({ environment, pid, clock, logger, program: '/no/program' });
    }

    for (const environment of [{}, { NOTIFY_SOCKET: '' }, { WATCHDOG_USEC: '2000000' }]) {
      it(`is nobody without a socket: ${JSON.stringify(environment)}`, () => {
        expect(found(environment)).to.equal(undefined);
      });
    }

    for (const [environment, alarmCount] of [
      [{}, 0],
      [{ WATCHDOG_USEC: '2000000' }, 1],
      [{ WATCHDOG_USEC: '2000000', WATCHDOG_PID: '4711' }, 1],
      [{ WATCHDOG_USEC: '2000000', WATCHDOG_PID: '1' }, 0],
      [{ WATCHDOG_USEC: '0' }, 0],
      [{ WATCHDOG_USEC: 'soon' }, 0],
    ] as const) {
      it(`${alarmCount === 0 ? 'has no watchdog' : 'has a watchdog'} with ${JSON.stringify(environment)}`, () => {
        found({ NOTIFY_SOCKET: '/no/socket', ...environment })?.ready('Serves');
        expect(clock.alarmCount).to.equal(alarmCount);
      });
    }

    it('takes the time of the watchdog for microseconds', async () => {
      receiver = await NotifyReceiver.start(folder.file('socket'));
      const environment = {
        NOTIFY_SOCKET: receiver.socket,
        WATCHDOG_USEC: '2000000',
        PATH: process.env.PATH,
      };
      const supervisor = SystemdSupervisor.find({ environment, pid, clock, logger });
      supervisor?.ready('Serves');
      await receiver.received('READY=1');
      await clock.advance(999);
      expect(clock.alarmCount).to.equal(1);
      await clock.advance(1);
      await receiver.received('WATCHDOG=1');
    });
  });
});
