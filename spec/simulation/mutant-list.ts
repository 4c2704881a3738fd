/** Why: a judge that never condemns is worth nothing. Each of these faults is planted in a copy of the sources, and has to be found. */

export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  /** In words: what the faulty server, or client, does. */
  readonly does: string;
  readonly edits: readonly [Edit, ...Edit[]];
}

const LOCK = 'domain/lock.ts';
const MANAGER = 'domain/lock-manager.ts';
const SERVICE = 'domain/lock-service.ts';
const LEDGER = 'domain/lease-ledger.ts';
const WRITER = 'adapters/outbound/journal/journal-writer.ts';
const COMPACTION = 'adapters/outbound/journal/journal-compaction.ts';
const STREAM_SESSION = 'adapters/inbound/grpc/stream-session.ts';
const STREAM_SESSIONS = 'adapters/inbound/grpc/stream-sessions.ts';
const ENGINE = 'client/stream-engine.ts';
const CLIENT_SESSION = 'client/client-session.ts';

const UNCHECKED_SIZE: Edit = {
  file: LOCK,
  find: "invariant(this.#holders.length < this.size, 'a lock never has more holders than its size');",
  replace: '',
};

export const MUTANTS: readonly Mutant[] = [
  {
    does: 'grants a lock that is held',
    edits: [
      {
        file: LOCK,
        find: 'return this.#holders.length < this.size && this.waiterCount === 0;',
        replace: 'return this.waiterCount === 0;',
      },
      UNCHECKED_SIZE,
    ],
  },
  {
    does: 'gives one slot more than there are, to waiters',
    edits: [
      {
        file: LOCK,
        find: 'return this.#holders.length < this.size ? this.#queue?.first',
        replace: 'return this.#holders.length <= this.size ? this.#queue?.first',
      },
      UNCHECKED_SIZE,
    ],
  },
  {
    does: 'gives one slot less than there are',
    edits: [
      {
        file: LOCK,
        find: 'return this.#holders.length < this.size && this.waiterCount === 0;',
        replace:
          'return this.#holders.length < Math.max(1, this.size - 1) && this.waiterCount === 0;',
      },
    ],
  },
  {
    does: 'serves the last waiter first',
    edits: [
      {
        file: 'domain/waiter-queue.ts',
        find: 'get first(): Waiter | undefined {\n    return this.#first;',
        replace: 'get first(): Waiter | undefined {\n    return this.#last;',
      },
    ],
  },
  {
    does: 'repeats a fencing token',
    edits: [
      {
        file: MANAGER,
        find: 'this.#fencingToken += 1;',
        replace: 'this.#fencingToken += this.#leaseCount % 4 === 3 ? 0 : 1;',
      },
    ],
  },
  {
    does: 'forgets the fencing tokens of leases that have ended when it starts',
    edits: [
      {
        file: SERVICE,
        find: 'Math.max(recovered.fencingToken, Math.trunc(now * 1000))',
        replace: 'Math.trunc(now * 1000)',
      },
    ],
  },
  {
    does: 'frees the next holder by a late unlock',
    edits: [
      {
        file: MANAGER,
        find: 'const lease = lock?.holderWith(command.key);\n    const session = command.by',
        replace:
          'const lease = lock?.holderWith(command.key) ?? lock?.holders[0];\n    const session = command.by',
      },
    ],
  },
  {
    does: 'leaves a lease of a session that ends',
    edits: [
      {
        file: MANAGER,
        find: 'for (const lease of [...session.leases]) {',
        replace: 'for (const lease of [...session.leases].slice(1)) {',
      },
    ],
  },
  {
    does: 'keeps the leases of every client that is gone',
    edits: [
      {
        file: MANAGER,
        find: "cause === 'gone' && this.#options.keepLeasesOfGone",
        replace: "cause === 'gone'",
      },
    ],
  },
  {
    does: 'grants to a session that has ended',
    edits: [
      {
        file: MANAGER,
        find: "for (const waiter of [...session.waiters]) {\n      this.#settle(waiter, refused('withdrawn'));",
        replace:
          "for (const waiter of [...session.waiters].slice(1)) {\n      this.#settle(waiter, refused('withdrawn'));",
      },
    ],
  },
  {
    does: 'leaves a waiter in the queue that was withdrawn',
    edits: [
      {
        file: MANAGER,
        find: 'if (waiter.isQueued) {\n      this.#settle(waiter, refused(code));',
        replace:
          "if (waiter.isQueued && code !== 'withdrawn') {\n      this.#settle(waiter, refused(code));",
      },
    ],
  },
  {
    does: 'leaves a slot with the waiter that is withdrawn in the moment of its grant',
    edits: [
      {
        file: SERVICE,
        find: "if (decision?.kind === 'granted') {\n      const { key } = decision;",
        replace:
          "if (decision?.kind === 'granted' && waiter === undefined) {\n      const { key } = decision;",
      },
    ],
  },
  {
    does: 'grants to a waiter whose wait was over before the slot came free',
    edits: [
      {
        file: MANAGER,
        find: 'if (waiter.deadlineAt <= freedAt) {',
        replace: 'if (waiter.deadlineAt <= freedAt - 200) {',
      },
      {
        file: MANAGER,
        find: "this.#settle(due, refused('wait-timeout'));",
        replace: 'this.#deadlines.move(due, now + 150);',
      },
    ],
  },
  {
    does: 'renews a lease that is over',
    edits: [
      {
        file: MANAGER,
        find: 'const lease = this.#find(command.name, now)?.holderWith(command.key);\n    if (lease === undefined || lease.deadlineAt',
        replace:
          'const lease = this.#table.find(command.name)?.holderWith(command.key);\n    if (lease === undefined || lease.deadlineAt',
      },
    ],
  },
  {
    does: 'renews a lease by less than it says',
    edits: [
      {
        file: MANAGER,
        find: 'this.#deadlines.move(lease, now + command.leaseMs);',
        replace: 'this.#deadlines.move(lease, now + command.leaseMs / 2);',
      },
    ],
  },
  {
    does: 'wakes no waiter when a lease expires',
    edits: [
      {
        file: MANAGER,
        find: 'for (let waiter = lock.next; waiter !== undefined; waiter = lock.next) {',
        replace:
          "for (let waiter = lock.next; waiter !== undefined && reason !== 'expired'; waiter = lock.next) {",
      },
    ],
  },
  {
    does: 'sets no alarm for a deadline that is nearer than the one it has',
    edits: [
      {
        file: SERVICE,
        find: 'if (at >= this.#alarmAt ||',
        replace: 'if (this.#alarmAt !== FOREVER ||',
      },
    ],
  },
  {
    does: 'tells nobody of a lease that was revoked',
    edits: [
      {
        file: MANAGER,
        find: "isNews && reason !== 'session-ended'",
        replace: "isNews && reason !== 'session-ended' && reason !== 'revoked'",
      },
    ],
  },
  {
    does: 'ends a session before its recovery window is over',
    edits: [
      {
        file: MANAGER,
        find: 'session.deadlineAt = now + recoveryMs;',
        replace: 'session.deadlineAt = now + recoveryMs / 2;',
      },
    ],
  },
  {
    does: 'begins no recovery window when a stream breaks',
    edits: [
      {
        file: STREAM_SESSIONS,
        find: 'if (visit === undefined && arrivalCount === 0) {',
        replace: 'if (visit === undefined && arrivalCount > 0) {',
      },
    ],
  },
  {
    does: 'gives restored leases less time than their clients rely on',
    edits: [
      {
        file: MANAGER,
        find: 'const expiresAt = now + Math.max(leaseMs, Math.min(kept.leaseMs, believedMs));',
        replace: 'const expiresAt = now + leaseMs;',
      },
    ],
  },
  {
    does: 'answers a grant before it is kept',
    edits: [
      {
        file: SERVICE,
        find: 'acquisition.decide(outcome, kept);',
        replace:
          "acquisition.decide(outcome, outcome.kind === 'granted' ? Promise.resolve() : kept);",
      },
    ],
  },
  {
    does: 'refuses by what is not kept yet',
    edits: [
      {
        file: SERVICE,
        find: 'acquisition.decide(outcome, kept);',
        replace:
          "acquisition.decide(outcome, outcome.kind === 'refused' ? Promise.resolve() : kept);",
      },
    ],
  },
  {
    does: 'answers a release before it is kept',
    edits: [
      { file: SERVICE, find: 'return kept.then(', replace: 'return Promise.resolve().then(' },
    ],
  },
  {
    does: 'takes what is written for kept, without a sync',
    edits: [{ file: WRITER, find: 'await this.#file.file.syncData();', replace: '' }],
  },
  {
    does: 'goes on after a write that failed',
    edits: [
      {
        file: WRITER,
        find: 'this.#end = writingFailed(this.#path, error);\n      group?.reject(this.#end);',
        replace: 'group?.resolve();',
      },
    ],
  },
  {
    does: 'forgets a release when it starts',
    edits: [
      {
        file: LEDGER,
        find: 'this.#leases.delete(fact.key);',
        replace:
          "if (fact.reason !== 'released' || fact.by === undefined) {\n          this.#leases.delete(fact.key);\n        }",
      },
    ],
  },
  {
    does: 'loses a lease in a compaction',
    edits: [
      {
        file: COMPACTION,
        find: 'of packed(page, encode, lineLengthMax)',
        replace: 'of packed(page.slice(page.length > 2 ? 1 : 0), encode, lineLengthMax)',
      },
    ],
  },
  {
    does: 'leaves what came during a compaction out of the new journal',
    edits: [
      {
        file: COMPACTION,
        find: 'await this.#copyTo(this.#options.journal.length, draft.content);\n    await draft.content.file.syncAll();\n    return draft;',
        replace: 'await draft.content.file.syncAll();\n    return draft;',
      },
    ],
  },
  {
    does: 'does not sync the folder after a rename',
    edits: [
      {
        file: 'adapters/outbound/journal/journal-draft.ts',
        find: 'await this.fileSystem.syncFolder(dirname(this.path));',
        replace: '',
      },
    ],
  },
  {
    does: 'does not sync a compacted journal before it takes its place',
    edits: [
      {
        file: COMPACTION,
        find: 'await draft.content.file.syncAll();\n    return draft;',
        replace: 'return draft;',
      },
      {
        file: COMPACTION,
        find: '    }\n    await draft.content.file.syncAll();\n  }',
        replace: '    }\n  }',
      },
    ],
  },
  {
    does: 'takes a short write for a whole one',
    edits: [
      {
        file: 'adapters/outbound/journal/growing-file.ts',
        find: 'await writeWhole(this.file, bytes, this.#length);',
        replace: 'await this.file.write(bytes, this.#length);',
      },
    ],
  },
  {
    does: 'gives a second slot when a request is asked again',
    edits: [
      {
        file: STREAM_SESSION,
        find: 'const known = this.#requests.get(requestId);',
        replace:
          'const known = this.#stream === undefined ? this.#requests.get(requestId) : undefined;',
      },
    ],
  },
  {
    does: 'gives a second slot when a request is asked again after a restart',
    edits: [
      {
        file: 'domain/restored-claims.ts',
        find: 'return lease?.isLive ? lease : undefined;',
        replace: 'return lease?.isLive && requestId === 0 ? lease : undefined;',
      },
    ],
  },
  {
    does: 'leaves a waiter whose unary call was cancelled',
    edits: [
      {
        file: 'adapters/inbound/grpc/lock-handlers.ts',
        find: 'if (!receipt.isSent) {',
        replace: 'if (receipt.isSent) {',
      },
    ],
  },
  {
    does: 'is a client that reckons a lease from when it hears of it',
    edits: [
      {
        file: ENGINE,
        find: 'const beganAt = Math.min(waitedUntil, this.#timing.now());',
        replace: 'const beganAt = this.#timing.now();',
      },
    ],
  },
  {
    does: 'is a client that takes whatever it hears for a sign that its session lives',
    edits: [
      {
        file: CLIENT_SESSION,
        find: 'this.#pulse.heard(this.#book.acknowledge(frame.received));',
        replace:
          'this.#book.acknowledge(frame.received);\n    this.#pulse.heard(this.#timing.now());',
      },
    ],
  },
  {
    does: 'is a client that does not ask again what has no answer when it comes back',
    edits: [{ file: CLIENT_SESSION, find: 'this.#book.resume();', replace: '' }],
  },
  {
    does: 'is a client that gives out a lock whose time was over before it was told',
    edits: [
      {
        file: ENGINE,
        find: '} else if (this.#timing.now() < lock.deadlineAt) {',
        replace: '} else if (lock.deadlineAt > 0) {',
      },
    ],
  },
];
