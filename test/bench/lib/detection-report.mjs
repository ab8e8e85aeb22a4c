// The tables of docs/detection.md.
import { markdownTable } from './report.mjs';

const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => (values.length === 0 ? null : sum(values) / values.length);
const share = (part, whole) => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);
const digits = (value, count = 3) => (value === null || value === undefined ? null : value.toFixed(count));

/** Episodes and false alerts over all months, as the goal counts them. */
export function detectionTotals(months, setup) {
  const runs = months.map(({ setups }) => setups[setup]);
  const kinds = {};
  for (const { by_kind: byKind } of runs) {
    for (const [kind, { episodes, hit }] of Object.entries(byKind)) {
      kinds[kind] ??= { episodes: 0, hit: 0 };
      kinds[kind].episodes += episodes;
      kinds[kind].hit += hit;
    }
  }
  return {
    episodes: sum(runs.map(({ episodes }) => episodes)),
    hit: sum(runs.map(({ hit }) => hit)),
    alerts: sum(runs.map(({ alerts }) => alerts)),
    false_alerts: sum(runs.map(({ false_alerts: wrong }) => wrong)),
    false_alerts_on_benign: sum(runs.map(({ false_alerts_on_benign: wrong }) => wrong)),
    average_precision: mean(runs.map(({ average_precision: ap }) => ap)),
    roc_auc: mean(runs.map(({ roc_auc: auc }) => auc)),
    kinds,
  };
}

export function detectionMarkdown(result) {
  const { machine, months, setups } = result;
  const totals = Object.fromEntries(setups.map(({ name }) => [name, detectionTotals(months, name)]));
  return [
    `Commit ${result.commit}, ${result.date}, ${machine.cores} x ${machine.cpu}, Node ${machine.node}.`,
    `Command: \`${result.command} --write-docs\``,
    `${months.length} months of ${result.entries.toLocaleString('en-US')} lines and ${result.days} days (generator seeds ` +
      `${months.map(({ seed }) => seed).join(', ')}). Labels: ground_truth, the generator's.`,
    overview(setups, totals),
    'By kind of attack, episodes found of episodes in the test part:',
    byKind(setups, totals),
    'By month:',
    byMonth(months, setups),
  ].join('\n\n');
}

function overview(setups, totals) {
  const rows = setups.map(({ name, title }) => {
    const t = totals[name];
    return [
      title,
      `${t.hit} of ${t.episodes} (${share(t.hit, t.episodes)})`,
      t.alerts,
      t.false_alerts,
      t.false_alerts_on_benign,
      digits(t.average_precision),
      digits(t.roc_auc),
    ];
  });
  const head = [
    'configuration',
    'episodes found',
    'alerts',
    'false',
    'of those benign but unusual',
    'AP',
    'ROC AUC',
  ];
  return markdownTable(head, rows);
}

function byKind(setups, totals) {
  const kinds = [...new Set(setups.flatMap(({ name }) => Object.keys(totals[name].kinds)))].sort();
  const cell = ({ episodes, hit } = { episodes: 0, hit: 0 }) => `${hit} of ${episodes}`;
  const rows = kinds.map((kind) => [kind, ...setups.map(({ name }) => cell(totals[name].kinds[kind]))]);
  return markdownTable(['kind', ...setups.map(({ title }) => title)], rows);
}

function byMonth(months, setups) {
  const rows = months.flatMap(({ seed, setups: results }) =>
    setups.map(({ name, title }) => {
      const r = results[name];
      const gate = r.gate_passed ? 'passed' : `failed ${r.gate_failed_checks.join(', ')}`;
      return [
        ...[seed, title, `${r.hit} of ${r.episodes}`, r.alerts, r.false_alerts],
        ...[digits(r.average_precision), digits(r.roc_auc), digits(r.alerts_per_day_per_device, 2), gate],
      ];
    }),
  );
  const head = [
    'seed',
    'configuration',
    'found',
    'alerts',
    'false',
    'AP',
    'ROC AUC',
    'alerts a day and device',
    'gate',
  ];
  return markdownTable(head, rows);
}
