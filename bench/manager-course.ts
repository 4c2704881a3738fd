/** Why: courses of commands that a LockManager is sent over again and again, and what each command took. */
import { LockManager } from 'ldlm/domain';
import { cpuMicroseconds } from './cpu-microseconds.js';

/** May be run any number of times, and leaves behind what it found. */
export interface Course {
  readonly commandCount: number;
  run(): void;
}

/** As a server makes it, with ten sessions, `s0` to `s9`. */
export function newManager(): LockManager {
  const manager = new LockManager({
    shardCount: 16,
    nameBytesMax: 65_536,
    fencingToken: 0,
  });
  for (let number = 0; number < 10; number += 1) {
    manager.openSession({ id: `s${number}`, kind: 'connection', peer: '127.0.0.1:50000' }, 0);
  }
  return manager;
}

/** Of processor time: what others do on the machine meanwhile is not ours. */
export function nanosecondsPerCommand({ run, commandCount }: Course): number {
  const before = cpuMicroseconds();
  run();
  return ((cpuMicroseconds() - before) * 1000) / commandCount;
}
