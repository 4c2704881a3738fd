/** Why: time on the processor is the process's own, however many others want the machine. */

/** What this process has used since it started, all its threads together. */
export function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
