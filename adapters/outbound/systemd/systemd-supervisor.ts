/** Why: systemd knows what it can see of a process, that it is there; this tells it the rest, and that the event loop turns. */
import type { Alarm, Clock } from '../../../ports/outbound/clock.js';
import type { Logger } from '../../../ports/outbound/logger.js';
import type { Supervisor } from '../../../ports/outbound/supervisor.js';
import { type NotifyError, notify } from './notify-program.js';

export interface SystemdSupervisorOptions {
  /** Sends one message of assignments such as `READY=1`, sd_notify(3). Rejects with what was in its way. */
  readonly send: (assignments: readonly string[]) => Promise<void>;
  /** How long systemd waits for a sign of life before it restarts the process; undefined: it does not ask for any. */
  readonly watchdogMs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Only for specs. */
  readonly program?: string;
}

/** What is to be told next; of two words on one matter the later one. */
interface Message {
  state?: 'READY=1' | 'RELOADING=1' | 'STOPPING=1';
  status?: string;
  isAlive?: boolean;
}

/** Silent → telling → stopped. From the first `ready` on it gives signs of life twice in each `watchdogMs`. */
export class SystemdSupervisor implements Supervisor {
  readonly #options: SystemdSupervisorOptions;
  #next: Message = {};
  #isSending = false;
  #hasWarned = false;
  #isReady = false;
  #isStopping = false;
  #alarm: Alarm | undefined;

  constructor(options: SystemdSupervisorOptions) {
    this.#options = options;
  }

  /** @returns undefined where nobody wants to be told: `NOTIFY_SOCKET` is not set. */
  static find(surroundings: Surroundings): SystemdSupervisor | undefined {
    const { environment, clock, logger, program = 'systemd-notify' } = surroundings;
    const socket = environment.NOTIFY_SOCKET;
    if (!socket) {
      return undefined;
    }
    return new SystemdSupervisor({
      send: (assignments) => notify({ program, socket, path: environment.PATH }, assignments),
      watchdogMs: watchdogMsIn(surroundings),
      clock,
      logger,
    });
  }

  ready(status: string): void {
    this.#tell({ state: 'READY=1', status });
    if (!this.#isReady) {
      this.#isReady = true;
      this.#setAlarm();
    }
  }

  reloading(): void {
    if (this.#isReady) {
      this.#tell({ state: 'RELOADING=1' });
    }
  }

  reloaded(): void {
    if (this.#isReady) {
      this.#tell({ state: 'READY=1' });
    }
  }

  stopping(): void {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#next = {};
      this.#alarm?.cancel();
      // It waits for no other: the process may be gone before that is read.
      this.#send(assignmentsOf({ state: 'STOPPING=1', status: 'Stopping' }));
    }
  }

  #setAlarm(): void {
    const { watchdogMs, clock } = this.#options;
    if (watchdogMs !== undefined && !this.#isStopping) {
      this.#alarm = clock.setAlarm(clock.now() + watchdogMs / 2, () => {
        this.#tell({ isAlive: true });
        this.#setAlarm();
      });
    }
  }

  #tell(message: Message): void {
    if (!this.#isStopping) {
      Object.assign(this.#next, message);
      this.#sendNext();
    }
  }

  #sendNext(): void {
    const assignments = assignmentsOf(this.#next);
    if (this.#isSending || assignments.length === 0) {
      return;
    }
    this.#next = {};
    this.#isSending = true;
    this.#send(assignments, () => {
      this.#isSending = false;
      this.#sendNext();
    });
  }

  #send(assignments: readonly string[], whenDone = () => {}): void {
    this.#options.send(assignments).then(whenDone, (error: NotifyError) => {
      this.#warnOnce(error);
      whenDone();
    });
  }

  /** A server that serves well and cannot say so is no less of a server; systemd may see that otherwise. */
  #warnOnce({ message, isMissing }: NotifyError): void {
    if (this.#hasWarned) {
      return;
    }
    this.#hasWarned = true;
    const remedy = isMissing
      ? 'install it (Debian: systemd), or start the server without NOTIFY_SOCKET (Type=exec, no WatchdogSec)'
      : 'see that the socket in NOTIFY_SOCKET is there, and that the unit has NotifyAccess=all';
    this.#options.logger.warn(
      `systemd could not be told how this server stands, by systemd-notify: ${message}; ${remedy}`,
    );
  }
}

function assignmentsOf({ state, status, isAlive }: Message): readonly string[] {
  return [
    ...(state === undefined ? [] : [state]),
    ...(status === undefined ? [] : [`STATUS=${status.replace(/\s+/g, ' ')}`]),
    ...(isAlive ? ['WATCHDOG=1'] : []),
  ];
}

/** As sd_watchdog_enabled(3) reads it: the variables may have been meant for the process before this one. */
function watchdogMsIn({ environment, pid }: Surroundings): number | undefined {
  const { WATCHDOG_USEC: microseconds = '', WATCHDOG_PID: meant } = environment;
  if (!/^[1-9]\d{0,15}$/.test(microseconds) || (meant && meant !== String(pid))) {
    return undefined;
  }
  return Number(microseconds) / 1_000;
}
