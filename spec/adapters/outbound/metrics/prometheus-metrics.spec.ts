import { expect } from 'chai';
import { PrometheusMetrics } from '../../../../adapters/outbound/metrics/prometheus-metrics.js';
import type { ServerCensus } from '../../../../ports/outbound/metrics.js';
import { readExposition } from '../../../support/exposition.js';

const CENSUS: ServerCensus = {
  locks: 5,
  leases: 4,
  waiters: 3,
  sessions: { connection: 2, rest: 1, stream: 6 },
  connections: { grpc: 7, rest: 8, ipc: 9 },
};

describe('PrometheusMetrics', () => {
  let metrics: PrometheusMetrics;
  let isLeader: boolean;

  beforeEach(() => {
    isLeader = false;
    metrics = new PrometheusMetrics({ version: '1.2.3', isLeader: () => isLeader });
  });

  async function seen(series: string): Promise<number | undefined> {
    return readExposition(await metrics.text()).values.get(series);
  }

  it('writes the text format that it says, which ends with a line end', async () => {
    expect(metrics.contentType).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(await metrics.text())
      .to.match(/\n$/)
      .and.not.to.match(/\n\n\n/);
  });

  it('names metrics as Prometheus would have it', async () => {
    const { types } = readExposition(await metrics.text());
    const counters = [...types].filter(([, type]) => type === 'counter').map(([name]) => name);
    expect(counters.filter((name) => !name.endsWith('_total'))).to.deep.equal([]);
    const others = [...types.keys()].filter((name) => !counters.includes(name));
    expect(others.filter((name) => name.endsWith('_total'))).to.deep.equal([]);
    const foreign = [...types.keys()].filter((name) => !/^(ldlm|process|nodejs)_/.test(name));
    expect(foreign).to.deep.equal([]);
  });

  it('shows what the rules decided', async () => {
    metrics.tally.granted();
    metrics.tally.granted();
    metrics.tally.renewed();
    metrics.tally.ended('expired', 1_500);
    metrics.tally.refused('held');
    metrics.tally.waits.add(20);
    const { values } = readExposition(await metrics.text());
    expect(Object.fromEntries(values)).to.include({
      ldlm_grants_total: 2,
      ldlm_renewals_total: 1,
      'ldlm_leases_ended_total{reason="expired"}': 1,
      'ldlm_leases_ended_total{reason="session-ended"}': 0,
      'ldlm_refusals_total{code="held"}': 1,
      'ldlm_refusals_total{code="server-stopping"}': 0,
      ldlm_hold_seconds_sum: 1.5,
      'ldlm_wait_seconds_bucket{le="0.01"}': 0,
      'ldlm_wait_seconds_bucket{le="0.05"}': 1,
      ldlm_wait_seconds_count: 1,
    });
  });

  it('shows the same when it is asked again', async () => {
    metrics.tally.granted();
    metrics.tally.refused('held');
    await metrics.text();
    expect(await seen('ldlm_grants_total')).to.equal(1);
    expect(await seen('ldlm_refusals_total{code="held"}')).to.equal(1);
  });

  it('shows how much there is of everything while a server is watched', async () => {
    const series = [
      'ldlm_locks',
      'ldlm_leases',
      'ldlm_waiters',
      'ldlm_sessions{kind="connection"}',
      'ldlm_sessions{kind="rest"}',
      'ldlm_sessions{kind="stream"}',
      'ldlm_connections{port="grpc"}',
      'ldlm_connections{port="rest"}',
      'ldlm_connections{port="ipc"}',
    ];
    const shown = async () => {
      const { values } = readExposition(await metrics.text());
      return series.map((one) => values.get(one));
    };
    const end = metrics.watch(() => CENSUS);
    expect(await shown()).to.deep.equal([5, 4, 3, 2, 1, 6, 7, 8, 9]);
    end();
    expect(await shown()).to.deep.equal(series.map(() => 0));
  });

  it('goes on watching the next server when the one before ends late', async () => {
    const endFirst = metrics.watch(() => ({ ...CENSUS, leases: 1 }));
    metrics.watch(() => CENSUS);
    endFirst();
    expect(await seen('ldlm_leases')).to.equal(4);
  });

  it('shows what a store owes, how long it took, and that it failed', async () => {
    const { store } = metrics;
    store.gathered(5);
    store.kept(2, 30);
    expect(await seen('ldlm_store_pending_facts')).to.equal(3);
    expect(await seen('ldlm_store_append_seconds_sum')).to.equal(0.03);
    store.lost(3);
    store.failed();
    expect(await seen('ldlm_store_pending_facts')).to.equal(0);
    expect(await seen('ldlm_store_failures_total')).to.equal(1);
  });

  it('shows the journal’s size, its syncs and its compactions', async () => {
    const { journal } = metrics;
    expect(await seen('ldlm_journal_compactions_total{outcome="given-up"}')).to.equal(0);
    journal.measured(4_096);
    journal.synced(2);
    journal.compacted('done');
    expect(await seen('ldlm_journal_bytes')).to.equal(4_096);
    expect(await seen('ldlm_journal_sync_seconds_bucket{le="0.0025"}')).to.equal(1);
    expect(await seen('ldlm_journal_sync_seconds_bucket{le="0.001"}')).to.equal(0);
    expect(await seen('ldlm_journal_compactions_total{outcome="done"}')).to.equal(1);
  });

  it('shows whether this process leads, as it is each time', async () => {
    expect(await seen('ldlm_leader')).to.equal(0);
    isLeader = true;
    expect(await seen('ldlm_leader')).to.equal(1);
  });

  it('shows what runs', async () => {
    const info = `ldlm_build_info{version="1.2.3",node_version="${process.versions.node}"}`;
    expect(await seen(info)).to.equal(1);
  });

  it('counts for itself alone', async () => {
    const other = new PrometheusMetrics({ version: '1.2.3', isLeader: () => true });
    other.store.failed();
    expect(await seen('ldlm_store_failures_total')).to.equal(0);
  });

  it('lists no sockets, which takes too long when there are many', async () => {
    const { types } = readExposition(await metrics.text());
    const listing = /_open_fds|_active_(handles|resources|requests)/;
    expect([...types.keys()].filter((name) => listing.test(name))).to.deep.equal([]);
  });
});
