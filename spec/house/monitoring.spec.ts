/** The metrics of a server, docs/METRICS.md, the alerts and the dashboard: none has what the others have not. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { PrometheusMetrics } from '../../adapters/outbound/metrics/prometheus-metrics.js';
import { type Exposition, readExposition } from '../support/exposition.js';
import { readPromql } from '../support/promql.js';

interface Documented {
  readonly type: string;
  readonly labels: readonly string[];
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

/** What Prometheus adds to every series, and a histogram's bound. */
const LABELS_OF_ALL = ['instance', 'job', 'le'];

const page = readFileSync('docs/METRICS.md', 'utf8');
const documented = new Map<string, Documented>(
  [...page.matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*)\|/gm)].map(
    ([, name = '', type = '', labels = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label) },
    ],
  ),
);
const alerts = (
  parse(readFileSync('docs/monitoring/alert-rules.yaml', 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Alert[] }[];
  }
).groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(
  readFileSync('docs/monitoring/grafana-dashboard.json', 'utf8'),
) as Dashboard;
const graphs = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);

/** The metric that a series belongs to; undefined if there is none. */
function metricOf(series: string): string | undefined {
  const family = series.replace(/_(?:bucket|sum|count)$/, '');
  if (documented.get(family)?.type === 'histogram') {
    return series === family ? undefined : family;
  }
  return documented.has(series) ? series : undefined;
}

/** What an expression names that no server shows. */
function unknownIn(expression: string): readonly string[] {
  const { metrics, labels } = readPromql(expression);
  const shown = metrics.filter((series) => series !== 'up');
  const known = shown.flatMap((series) => documented.get(metricOf(series) ?? '')?.labels ?? []);
  return [
    ...shown.filter((series) => metricOf(series) === undefined),
    ...labels.filter((label) => ![...LABELS_OF_ALL, ...known].includes(label)),
  ];
}

describe('Monitoring', () => {
  let shown: Exposition;

  before(async () => {
    const metrics = new PrometheusMetrics({ version: '1.0.0', isLeader: () => true });
    shown = readExposition(await metrics.text());
  });

  it('documents every metric that a server shows, and no other', () => {
    expect([...documented.keys()]).to.have.members([...shown.types.keys()]);
  });

  it('documents the type of each', () => {
    const types = [...documented].map(([name, { type }]) => [name, type]);
    expect(types).to.have.deep.members([...shown.types]);
  });

  it('documents the labels of each that has any series', () => {
    const withSeries = [...shown.values.keys()].map((series) => series.replace(/\{.*/, ''));
    const names = new Set(withSeries.map((series) => metricOf(series) ?? series));
    expect([...names].map((name) => [name, documented.get(name)?.labels])).to.deep.equal(
      [...names].map((name) => [name, shown.labels.get(name)]),
    );
  });

  it('says of each metric of its own when to worry', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `ldlm_'));
    expect(rows.length).to.be.above(10);
    expect(rows.filter((row) => !/\| [^|]+ \|$/.test(row))).to.deep.equal([]);
  });

  for (const { alert, expr, ...rule } of alerts) {
    it(`has the alert ${alert} ask for what there is`, () => {
      expect(unknownIn(expr)).to.deep.equal([]);
    });

    it(`has the alert ${alert} say how grave it is, and what to do`, () => {
      expect(alert).to.match(/^Ldlm[A-Z]\w+$/);
      expect(rule.labels.severity).to.be.oneOf(['info', 'warning', 'critical']);
      expect(rule.for ?? '1m').to.match(/^\d+[mh]$/);
      expect(rule.annotations.summary).to.match(/^\S.*[^.]$/);
      expect(rule.annotations.description).to.match(/^\S[\s\S]*\.$/);
    });
  }

  it('gives no two alerts one name', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(new Set(names).size).to.equal(names.length);
  });

  for (const { title, expr, legendFormat } of graphs) {
    it(`has the panel ${title} ask for what there is: ${expr}`, () => {
      expect(unknownIn(expr)).to.deep.equal([]);
      const { labels = [] } =
        documented.get(metricOf(readPromql(expr).metrics[0] ?? '') ?? '') ?? {};
      const inLegend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      expect([...LABELS_OF_ALL, ...labels]).to.include.members(inLegend);
    });
  }

  it('draws every metric of its own', () => {
    const drawn = graphs.flatMap(({ expr }) => readPromql(expr).metrics.map(metricOf));
    const own = [...documented.keys()].filter((name) => name.startsWith('ldlm_'));
    expect(own.filter((name) => !drawn.includes(name))).to.deep.equal([]);
  });

  it('gives each panel a number and a place of its own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}, ${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).to.equal(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).to.be.at.most(24);
  });

  for (const slip of [
    'ldlm_grant_total',
    'rate(ldlm_wait_seconds[5m])',
    'ldlm_leases_bucket',
    'ldlm_refusals_total{reason="held"}',
    'sum by (kind) (ldlm_waiters)',
  ]) {
    it(`would find what is wrong in ${slip}`, () => {
      expect(unknownIn(slip)).not.to.deep.equal([]);
    });
  }
});
