/** One attack on one server, with an honest client beside it: calm first, then the attack, then what is left of it. */
import { setTimeout as elapsed } from 'node:timers/promises';
import { ChildProgram } from '../../bench/child-program.js';
import type { Attack } from './attack.js';
import type { Holdings } from './attacked-server-process.js';
import type { AttackReport } from './attacker.js';
import type { AttackerStart } from './attacker-process.js';
import { HonestClient, type Observed } from './honest-client.js';
import type { Target } from './target.js';

/** How long connections that were dialled may take to stand, or to be gone. */
const SETTLE_MS_MAX = 90_000;
const LOOK_MS = 100;
/** Connections and caches are made before anything is measured. */
const WARM_UP_MS = 300;

export interface TrialOptions {
  readonly name: string;
  readonly attack: Attack;
  readonly server: ChildProgram;
  readonly target: Target;
  /** The certificate that vouches for the server. */
  readonly authority: string;
  readonly calmMs: number;
  readonly attackMs: number;
}

export interface Trial {
  readonly name: string;
  readonly attack: Attack;
  readonly isSecure: boolean;
  readonly calm: Observed;
  readonly attacked: Observed;
  readonly report: AttackReport;
  readonly before: Holdings;
  readonly rssPeakBytes: number;
  readonly after: Holdings;
}

export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { name, attack, server, target, authority } = options;
  const before = await server.ask<Holdings>('holdings');
  const honest = await HonestClient.start(target, authority);
  const session = await honest.openSession();
  const attacker = ChildProgram.start('../spec/hostile/attacker-process.ts', {
    attack: name,
    target,
    session: session.token,
  } satisfies AttackerStart);
  let report: AttackReport;
  let rssPeakBytes = before.rssBytes;
  try {
    await attacker.ask('report');
    await elapsed(WARM_UP_MS);
    honest.observed();
    await elapsed(options.calmMs);
    const calm = honest.observed();
    await attacker.ask('begin');
    const endsAt = performance.now() + options.attackMs;
    const givesUpAt = endsAt + SETTLE_MS_MAX;
    let standsSince = Number.POSITIVE_INFINITY;
    do {
      await elapsed(LOOK_MS);
      rssPeakBytes = Math.max(rssPeakBytes, await server.ask<number>('rssBytes'));
      report = await attacker.ask<AttackReport>('report');
      if (report.openMax >= (attack.openMin ?? 0)) {
        standsSince = Math.min(standsSince, performance.now());
      }
    } while (
      performance.now() < endsAt ||
      (performance.now() < standsSince + options.attackMs && performance.now() < givesUpAt)
    );
    report = await attacker.ask<AttackReport>('end');
    const attacked = honest.observed();
    await session.close();
    await honest.end();
    await attacker.end();
    await untilAlone(server);
    const after = await server.ask<Holdings>('holdings');
    const { isSecure } = target;
    return { name, attack, isSecure, calm, attacked, report, before, rssPeakBytes, after };
  } finally {
    await attacker.end();
  }
}

/** Waits until nobody is connected any more, within a bound. */
async function untilAlone(server: ChildProgram): Promise<void> {
  const givesUpAt = performance.now() + SETTLE_MS_MAX / 3;
  while ((await server.ask<number>('socketCount')) > 0 && performance.now() < givesUpAt) {
    await elapsed(LOOK_MS);
  }
}
