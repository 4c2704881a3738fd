/** Why: what is counted elsewhere is read when somebody looks, so that counting it costs nothing more. */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface OnDemand {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  readonly read: () => number;
}

export interface OnDemandByLabel extends Omit<OnDemand, 'read'> {
  readonly label: string;
  /** By the values that the label has. */
  readonly read: () => Readonly<Record<string, number>>;
}

export function counterOnDemand({ registry, name, help, read }: OnDemand): void {
  new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

export function countersOnDemand({ registry, name, help, label, read }: OnDemandByLabel): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(read())) {
        this.inc({ [label]: value }, count);
      }
    },
  });
}

export function gaugeOnDemand({ registry, name, help, read }: OnDemand): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

export function gaugesOnDemand({ registry, name, help, label, read }: OnDemandByLabel): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [value, count] of Object.entries(read())) {
        this.set({ [label]: value }, count);
      }
    },
  });
}
