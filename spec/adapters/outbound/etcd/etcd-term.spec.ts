import type { EventEmitter } from 'node:events';
import type { ITxnRequest } from 'etcd3';
import { expect } from 'chai';
import { reachOf } from '../../../../adapters/outbound/etcd/etcd-error.js';
import { EtcdKeys } from '../../../../adapters/outbound/etcd/etcd-keys.js';
import { EtcdTerm } from '../../../../adapters/outbound/etcd/etcd-term.js';
import { encodeLeader } from '../../../../adapters/outbound/etcd/leader-record.js';
import { StateStoreError } from '../../../../ports/outbound/state-store.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { ScriptedEtcd } from '../../../support/scripted-etcd.js';

const TTL_MS = 10_000;
/** A tenth is left for what clocks run apart. */
const GOOD_FOR_MS = 9_000;
const RENEWAL_MS = TTL_MS / 3;
const LEASE = '77';
const REVISION = '42';

const LEADER = { id: 'a', host: 'box', pid: 1, grpcAddress: 'box:3144', version: '1' };
const OTHER = encodeLeader({ ...LEADER, id: 'b', grpcAddress: 'other:3144' });
const SUCCESS = { succeeded: true, header: { revision: REVISION }, responses: [] };

/** What a transaction finds in the place of the leader's key that it compares. */
function found(...kvs: readonly object[]): object {
  return { succeeded: false, header: {}, responses: [{ response_range: { kvs } }] };
}

async function failureOf(promise: Promise<unknown>): Promise<StateStoreError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => {
      expect(error).to.be.instanceOf(StateStoreError);
      return error as StateStoreError;
    },
  );
}

describe('EtcdTerm', () => {
  let clock: FakeClock;
  let etcd: ScriptedEtcd;

  beforeEach(() => {
    clock = new FakeClock();
    etcd = new ScriptedEtcd(clock)
      .answer('leaseGrant', () => ({ ID: LEASE, TTL: '10' }))
      .answer('range', () => ({ kvs: [{ value: OTHER, create_revision: REVISION }] }))
      .answer('leaseKeepAlive', () => ({ TTL: '10' }))
      .answer('leaseRevoke', () => ({}))
      .answer('txn', () => SUCCESS);
  });

  function begin(): Promise<EtcdTerm> {
    const keys = new EtcdKeys('/ldlm');
    return EtcdTerm.begin({ members: etcd, keys, ttlMs: TTL_MS, leader: LEADER }, TTL_MS);
  }

  describe('begun', () => {
    it('has the leader’s key on a lease of its own, where none stood', async () => {
      await begin();
      expect(etcd.requestOf('leaseGrant')).to.deep.equal({ TTL: 10 });
      const { compare, success } = etcd.requestOf('txn') as ITxnRequest;
      const key = Buffer.from('/ldlm/leader');
      expect(compare).to.deep.equal([
        { key, target: 'Create', result: 'Equal', create_revision: 0 },
      ]);
      const put = { key, value: encodeLeader(LEADER), lease: LEASE };
      expect(success).to.deep.equal([{ request_put: put }]);
    });

    it('is refused with in-use where another stands, says who, and lets go of its lease', async () => {
      etcd.answer('txn', () => found({ value: OTHER, lease: '5', create_revision: '3' }));
      const failure = await failureOf(begin());
      expect(failure.code).to.equal('in-use');
      expect(failure.message).to.equal(
        'the server at other:3144 (process 1 on box) leads on /ldlm/leader in etcd; ' +
          'this one may stand by and take over when it ends.',
      );
      expect(etcd.requestOf('leaseRevoke')).to.deep.equal({ ID: LEASE });
    });

    it('is refused when the other was gone again before it could be named', async () => {
      etcd.answer('txn', () => found());
      expect((await failureOf(begin())).message).to.match(/^Another server leads on /);
    });

    it('goes on when its key stands there already, of an earlier try whose answer was lost', async () => {
      etcd.answer('txn', () => found({ value: OTHER, lease: LEASE, create_revision: '41' }));
      const term = await begin();
      etcd.answer('txn', () => SUCCESS);
      await term.verify();
      const { compare } = etcd.requestOf('txn') as ITxnRequest;
      expect(compare?.[0]).to.include({ create_revision: '41' });
    });

    it('is unavailable when etcd grants no lease, and leaves nothing', async () => {
      etcd.answer('leaseGrant', () => {
        throw new Error('14 UNAVAILABLE: no leader');
      });
      const failure = await failureOf(begin());
      expect(failure.code).to.equal('unavailable');
      expect(failure.message).to.match(/^etcd at etcd:2379 does not let this server lead: 14 /);
      expect(etcd.countOf('leaseRevoke')).to.equal(0);
    });

    it('lets go of its lease when etcd takes no key', async () => {
      etcd.answer('txn', () => {
        throw new Error('7 PERMISSION_DENIED: etcdserver: permission denied');
      });
      expect((await failureOf(begin())).code).to.equal('refused');
      expect(etcd.countOf('leaseRevoke')).to.equal(1);
    });

    it('fails with its reason though etcd does not take the lease back', async () => {
      etcd
        .answer('txn', () => found({ value: OTHER, lease: '5', create_revision: '3' }))
        .answer('leaseRevoke', () => {
          throw new Error('14 UNAVAILABLE: no leader');
        });
      expect((await failureOf(begin())).code).to.equal('in-use');
    });

    it('is over from the start when etcd took as long as the lease lasts', async () => {
      etcd.answer('txn', async () => {
        await clock.advance(GOOD_FOR_MS);
        return SUCCESS;
      });
      expect((await begin()).whyOver()?.code).to.equal('deposed');
    });
  });

  describe('renewed', () => {
    it('goes on for as long as etcd answers, asked three times in its time', async () => {
      const term = await begin();
      await clock.advance(10 * TTL_MS + 1);
      expect(term.whyOver()).to.equal(undefined);
      expect(etcd.countOf('leaseKeepAlive')).to.equal(30);
      expect(etcd.requestOf('leaseKeepAlive')).to.deep.equal({ ID: LEASE });
    });

    it('is over by its own clock before its lease can be, and says what to do', async () => {
      etcd.silence('leaseKeepAlive');
      const term = await begin();
      await clock.advance(GOOD_FOR_MS - 1);
      expect(term.whyOver()).to.equal(undefined);
      await clock.advance(1);
      const reason = await term.over;
      expect(reason.code).to.equal('deposed');
      expect(reason.message).to.equal(
        'etcd at etcd:2379 has not renewed the lease of this leader in time: ' +
          'another server may lead by now. See that etcd runs and can be reached.',
      );
      expect(term.whyOver()).to.equal(reason);
    });

    it('is over at the first look when the process was stopped, before any alarm rings', async () => {
      const term = await begin();
      const now = clock.now() + GOOD_FOR_MS;
      clock.now = () => now;
      expect(term.whyOver()?.code).to.equal('deposed');
    });

    it('lasts from when a renewal was asked for, not from when it was answered', async () => {
      let answer: (answer: object) => void = () => undefined;
      etcd.answer('leaseKeepAlive', () => new Promise((resolve) => (answer = resolve)));
      const term = await begin();
      await clock.advance(RENEWAL_MS + 4_000);
      answer({ TTL: '10' });
      etcd.silence('leaseKeepAlive');
      await clock.advance(GOOD_FOR_MS - 4_000 - 1);
      expect(term.whyOver()).to.equal(undefined);
      await clock.advance(1);
      expect(term.whyOver()?.code).to.equal('deposed');
    });

    it('is not brought back by a renewal that is answered too late', async () => {
      let answer: (answer: object) => void = () => undefined;
      etcd.answer('leaseKeepAlive', () => new Promise((resolve) => (answer = resolve)));
      const term = await begin();
      await clock.advance(GOOD_FOR_MS);
      answer({ TTL: '10' });
      await clock.advance(0);
      expect(term.whyOver()?.code).to.equal('deposed');
      expect(clock.alarmCount).to.equal(0);
    });

    it('reckons with what it asked for when etcd lends for longer, and with less when for less', async () => {
      for (const [seconds, goodForMs] of [
        ['60', GOOD_FOR_MS],
        ['5', 4_500],
      ] as const) {
        etcd.answer('leaseGrant', () => ({ ID: LEASE, TTL: seconds })).silence('leaseKeepAlive');
        const term = await begin();
        await clock.advance(goodForMs - 1);
        expect(term.whyOver()).to.equal(undefined);
        await clock.advance(1);
        expect(term.whyOver()?.code).to.equal('deposed');
      }
    });

    it('is over at once when etcd says that its lease is', async () => {
      const term = await begin();
      etcd.answer('leaseKeepAlive', () => ({ TTL: '0' }));
      await clock.advance(RENEWAL_MS);
      const reason = await term.over;
      expect(reason.code).to.equal('deposed');
      expect(reason.message).to.equal(
        'This server does not lead any more: its lease in etcd is over.',
      );
    });

    it('is over by its clock when a member renews that a majority does not follow any more', async () => {
      const term = await begin();
      etcd.silence('range');
      await clock.advance(GOOD_FOR_MS);
      expect(term.whyOver()?.code).to.equal('deposed');
    });

    it('asks who leads before it renews: what a member renews later may be over already', async () => {
      await begin();
      await clock.advance(RENEWAL_MS);
      expect(etcd.calls.slice(-2).map(({ method }) => method)).to.deep.equal([
        'range',
        'leaseKeepAlive',
      ]);
    });

    for (const [kvs, who] of [
      [[{ value: OTHER, create_revision: '50' }], /: the server at other:3144 \(.*\) leads now\.$/],
      [[], /: its lease in etcd is over\.$/],
    ] as const) {
      it(`is over at once, and renews nothing, where ${kvs.length === 0 ? 'nobody' : 'another'} leads`, async () => {
        const term = await begin();
        etcd.answer('range', () => ({ kvs }));
        await clock.advance(RENEWAL_MS);
        const reason = await term.over;
        expect(reason.code).to.equal('deposed');
        expect(reason.message).to.match(who);
        expect(etcd.countOf('leaseKeepAlive')).to.equal(0);
      });
    }

    it('takes a stream that breaks, or ends, for trouble of the moment: another member is asked then', async () => {
      const broken = Object.assign(new Error('14 UNAVAILABLE: Connection dropped'), { code: 14 });
      for (const answering of [
        () => Promise.reject(broken),
        (_: unknown, stream: EventEmitter) => stream.emit('end'),
      ]) {
        await begin();
        etcd.answer('leaseKeepAlive', answering);
        await clock.advance(RENEWAL_MS);
        expect(reachOf(etcd.failures.at(-1))).to.equal('moment');
      }
    });

    it('is over by its clock when etcd refuses to renew, and says why', async () => {
      const term = await begin();
      etcd.answer('leaseKeepAlive', () => {
        throw new Error('3 INVALID_ARGUMENT: etcdserver: user name is empty');
      });
      await clock.advance(GOOD_FOR_MS);
      expect((await term.over).message).to.match(
        /in time \(3 INVALID_ARGUMENT: etcdserver: user name is empty\): another/,
      );
    });
  });

  describe('asked to keep something', () => {
    const operations = [{ request_put: { key: Buffer.from('k'), value: Buffer.from('v') } }];

    it('has etcd compare that it leads, by the revision of its key', async () => {
      const term = await begin();
      await term.commit({ operations });
      const { compare, success } = etcd.requestOf('txn') as ITxnRequest;
      expect(compare).to.have.length(1);
      expect(compare?.[0]).to.include({ target: 'Create', create_revision: REVISION });
      expect(success).to.equal(operations);
    });

    it('is over when another leads, and says who', async () => {
      const term = await begin();
      etcd.answer('txn', () => found({ value: OTHER, lease: '5', create_revision: '50' }));
      const failure = await failureOf(term.commit({ operations }));
      expect(failure.code).to.equal('deposed');
      expect(failure.message).to.equal(
        'This server does not lead any more: ' +
          'the server at other:3144 (process 1 on box) leads now.',
      );
      expect(await term.over).to.equal(failure);
      expect(clock.alarmCount).to.equal(0);
    });

    it('is over when nobody leads', async () => {
      const term = await begin();
      etcd.answer('txn', () => found());
      const failure = await failureOf(term.verify());
      expect(failure.message).to.match(/its lease in etcd is over\.$/);
      expect(term.whyOver()).to.equal(failure);
    });

    it('goes on when it leads and something else that was compared differs', async () => {
      const term = await begin();
      etcd.answer('txn', () => found({ value: OTHER, lease: LEASE, create_revision: REVISION }));
      expect((await term.commit({ operations })).succeeded).to.equal(false);
      expect(term.whyOver()).to.equal(undefined);
    });

    it('says write-failed for what etcd refuses, and goes on', async () => {
      const term = await begin();
      etcd.answer('txn', () => {
        throw new Error('8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded');
      });
      const failure = await failureOf(term.commit({ operations }));
      expect(failure.code).to.equal('write-failed');
      expect(failure.message).to.match(/did not keep what it was given: its quota is used up/);
      expect(term.whyOver()).to.equal(undefined);
    });

    it('waits no longer than it lasts', async () => {
      const term = await begin();
      etcd.silence('txn').silence('leaseKeepAlive');
      const failing = failureOf(term.commit({ operations }));
      await clock.advance(GOOD_FOR_MS);
      expect((await failing).code).to.equal('deposed');
    });

    it('asks nothing when it is over', async () => {
      const term = await begin();
      await term.resign();
      const { length } = etcd.calls;
      expect((await failureOf(term.commit({ operations }))).code).to.equal('closed');
      expect(etcd.calls).to.have.length(length);
    });
  });

  describe('resigned', () => {
    it('takes its lease back, so that the next may begin, and is over as closed', async () => {
      const term = await begin();
      await term.resign();
      expect(etcd.requestOf('leaseRevoke')).to.deep.equal({ ID: LEASE });
      expect((await term.over).code).to.equal('closed');
      expect(clock.alarmCount).to.equal(0);
    });

    it('takes nothing back when it was over already', async () => {
      const term = await begin();
      etcd.answer('leaseKeepAlive', () => ({ TTL: '0' }));
      await clock.advance(RENEWAL_MS);
      await term.resign();
      expect(etcd.countOf('leaseRevoke')).to.equal(0);
      expect((await term.over).code).to.equal('deposed');
    });

    it('takes it back once, however often it is told', async () => {
      const term = await begin();
      await Promise.all([term.resign(), term.resign()]);
      expect(etcd.countOf('leaseRevoke')).to.equal(1);
    });
  });
});
