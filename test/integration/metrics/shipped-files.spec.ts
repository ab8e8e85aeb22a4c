import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { METRIC_PREFIX, METRICS, type MetricSpec } from '../../../src/platform/metrics/metric-catalogue.js';
import { promtool, runPromtool } from '../../support/promtool.js';

const ROOT = join(import.meta.dirname, '../../..');
const PROMETHEUS = join(ROOT, 'docker/prometheus');
const PAGE = join(ROOT, 'docs/operations.md');
const SPECS: readonly (readonly [string, MetricSpec])[] = Object.entries(METRICS);

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Series that a metric of the catalogue has. */
const SERIES = new Map(
  SPECS.flatMap(([name, spec]) => {
    const suffixes = spec.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    return suffixes.map((suffix) => [METRIC_PREFIX + name + suffix, spec] as const);
  }),
);
/** Of the process and of Prometheus itself, as far as our files use them. */
const KNOWN = [
  'up',
  'nodejs_eventloop_lag_p99_seconds',
  'process_resident_memory_bytes',
  'process_cpu_seconds_total',
];

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly action: string };
}

function alerts(): Rule[] {
  const { groups } = load(read('docker/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

function panels(): Panel[] {
  return (JSON.parse(read('docker/grafana/dashboards/mcp-training.json')) as { panels: Panel[] }).panels;
}

/** Metric names of an expression, each with the labels it is asked for. */
function asked(expression: string): { name: string; labels: string[] }[] {
  return [...expression.matchAll(/\b((?:mcp_training|nodejs|process)_\w+|up)(?:\{([^}]*)\})?/g)].map(
    ([, name, selector = '']) => ({
      name,
      labels: [...selector.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)].map(([, label]) => label),
    }),
  );
}

/** Labels that Prometheus adds. */
const TARGET_LABELS = ['job', 'instance', 'le'];

function unknownParts(expression: string): string[] {
  return asked(expression).flatMap(({ name, labels }) => {
    if (KNOWN.includes(name)) return [];
    const spec = SERIES.get(name);
    if (spec === undefined) return [name];
    return labels
      .filter((label) => !TARGET_LABELS.includes(label) && !spec.labels.includes(label))
      .map((label) => `${name}{${label}}`);
  });
}

describe('docker/prometheus', () => {
  it.each(alerts())('$alert asks for metrics that exist, and says what to do', (rule) => {
    expect(asked(rule.expr)).not.toEqual([]);
    expect(unknownParts(rule.expr)).toEqual([]);
    expect(['critical', 'warning', 'info']).toContain(rule.labels.severity);
    expect(rule.annotations.summary).not.toBe('');
    expect(rule.annotations.action).not.toBe('');
  });

  it.skipIf(promtool === undefined)('has rules that promtool accepts, and that fire when they should', () => {
    const check = runPromtool(['check', 'rules', 'alerts.yml'], { cwd: PROMETHEUS });
    expect(check.status, check.output).toBe(0);
    expect(check.output).toContain(`SUCCESS: ${alerts().length} rules found`);
    const test = runPromtool(['test', 'rules', 'alerts.test.yml'], { cwd: PROMETHEUS });
    expect(test.status, test.output).toBe(0);
    const config = runPromtool(['check', 'config', '--syntax-only', 'prometheus.yml'], { cwd: PROMETHEUS });
    expect(config.status, config.output).toBe(0);
  });

  it('tests every alert', () => {
    const tests = read('docker/prometheus/alerts.test.yml');
    expect(alerts().filter(({ alert }) => !tests.includes(`alertname="${alert}"`))).toEqual([]);
  });
});

describe('docker/grafana/dashboards/mcp-training.json', () => {
  it.each(panels().filter(({ type }) => type !== 'row'))(
    '$title asks for metrics that exist',
    ({ targets = [] }) => {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) {
        expect(asked(expr), expr).not.toEqual([]);
        expect(unknownParts(expr), expr).toEqual([]);
      }
    },
  );

  it('shows every metric that says how the service is', () => {
    const text = read('docker/grafana/dashboards/mcp-training.json') + read('docker/prometheus/alerts.yml');
    const used = SPECS.filter(([name]) => text.includes(METRIC_PREFIX + name)).length;
    expect(used / SPECS.length).toBeGreaterThan(0.7);
  });

  it('has panels with names of their own that do not lie on one another', () => {
    const all = panels();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
    const cells = all.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...all.map(({ gridPos }) => gridPos.x + gridPos.w))).toBeLessThanOrEqual(24);
  });
});

const cell = (text: string): string => text.replaceAll('|', '\\|');

function metricsTable(): string {
  const rows = SPECS.map(([name, { type, labels, help, source }]) => {
    const of = labels.length === 0 ? '' : labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${METRIC_PREFIX}${name}\` | ${type} | ${of} | ${source} | ${cell(help)} |`;
  });
  return `| metric | type | labels | from | meaning |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`;
}

function alertsTable(): string {
  const rows = alerts().map(
    ({ alert, labels, annotations }) => `| \`${alert}\` | ${labels.severity} | ${cell(annotations.action)} |`,
  );
  return `| alert | severity | what to do |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

/** Prettier pads the cells; what is between the bars is what counts. */
const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').trim();

describe('docs/operations.md', () => {
  it.each([
    ['metrics', metricsTable],
    ['alerts', alertsTable],
  ])('lists all %s', (name, table) => {
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
    const page = readFileSync(PAGE, 'utf8');
    const [before, rest] = page.split(start);
    const [shown, after] = rest.split(end);
    if (process.env.UPDATE_DOCS === '1')
      writeFileSync(PAGE, `${before}${start}\n\n${table()}\n\n${end}${after}`);
    expect(squeeze(shown)).toBe(squeeze(table()));
  });
});
