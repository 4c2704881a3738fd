/** Why: the judges of failovers condemn whom they should, too. Faults of leading, each with the failovers by which it has to be found. */
import type { Failover } from './failover-course.js';
import type { Mutant } from './mutant-list.js';

export interface FailoverMutant extends Mutant {
  readonly failovers: readonly Failover[];
}

const STORE = 'adapters/outbound/etcd/etcd-state-store.ts';
const TERM = 'adapters/outbound/etcd/etcd-term.ts';
const WRITER = 'adapters/outbound/etcd/etcd-writer.ts';

export const FAILOVER_MUTANTS: readonly FailoverMutant[] = [
  {
    does: 'looks at no clock to know that its term is over',
    edits: [
      {
        file: TERM,
        find: 'members.clock.now() >= this.#endsAt) {',
        replace: 'false as boolean) {',
      },
      {
        file: TERM,
        find: 'if (this.whyOver() === undefined) {\n        this.#endLater();',
        replace: 'if (false as boolean) {\n        this.#endLater();',
      },
    ],
    failovers: ['leader paused beyond its term, at rest'],
  },
  {
    does: 'believes in its term for longer than its lease lasts',
    edits: [{ file: TERM, find: 'const SAFETY = 0.1;', replace: 'const SAFETY = -5;' }],
    failovers: ['leader cut off from etcd, at rest'],
  },
  {
    does: 'writes whoever leads',
    edits: [
      { file: TERM, find: 'compare: [guard, ...compares],', replace: 'compare: [...compares],' },
    ],
    failovers: [
      'leader reaches etcd late',
      'leader killed',
      'leader reaches etcd late',
      'leader killed',
    ],
  },
  {
    does: 'answers before etcd has kept it',
    edits: [
      {
        file: WRITER,
        find: 'return group.kept;',
        replace: 'return Promise.resolve(void group.kept.catch(() => undefined));',
      },
    ],
    failovers: ['leader cut off from etcd'],
  },
  {
    does: 'leads without the leases that its predecessor kept',
    edits: [{ file: STORE, find: 'leases: [...leases.values()],', replace: 'leases: [],' }],
    failovers: ['leader stops in order'],
  },
  {
    does: 'leads without the sessions that its predecessor kept',
    edits: [
      {
        file: STORE,
        find: 'sessions: [...sessions.values()].map((session) => session.copy()),',
        replace: 'sessions: [],',
      },
    ],
    failovers: ['leader stops in order'],
  },
];
