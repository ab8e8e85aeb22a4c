// The goals as a table, with what this run measured.
import { markdownTable, megabytes, seconds, times } from './report.mjs';

const GOALS = {
  pandas: 15,
  pandas2: 25,
  fast: 5,
  fit: 15,
  full: 1.5,
  score: 20,
  rss: 200,
  growthRss: 300,
  oneRow: 50,
};

const met = (value, goal) =>
  value === null || value === undefined ? null : value >= goal ? 'yes' : '**no**';
const below = (value, goal) =>
  value === null || value === undefined ? null : value <= goal ? 'yes' : '**no**';
const thousands = (value) => value.toLocaleString('en-US');

export function referenceMarkdown(result) {
  const { machine } = result;
  const parts = [
    `Commit ${result.commit}, ${result.date}, ${machine.cores} x ${machine.cpu}, ${machine.memory_gb} GB, ${machine.system}, ` +
      `Node ${machine.node}, load ${machine.load_before} before and ${machine.load_after} at the end.`,
    `Command: \`${result.command}\``,
    `${exportOf(result)}; the first command of a new ` +
      `installation (it makes the database) took ${seconds(result.first_start_s)} and is not in the figures.`,
    goals(result),
    whole(result),
    forest(result),
  ];
  if (result.growth !== null) parts.push(growthTable(result.growth));
  return parts.join('\n\n');
}

const exportOf = ({ given, job }) =>
  given === null
    ? `${thousands(job.entries)} records of ${job.days} days and ${job.devices} devices`
    : `The export \`${given}\``;

function goals({ spacings, forest: { small, large, full } }) {
  const rows = [];
  for (const [spacing, { ratios, peak_rss_mb: rss, registered }] of Object.entries(spacings)) {
    const gate = registered ? '' : ' (model rejected by its gate)';
    rows.push(
      [
        `export -> registered model, ${spacing}, 1 thread${gate}, vs pandas + scikit-learn`,
        times(ratios.pandas_ours_1),
        '>= 15x',
        met(ratios.pandas_ours_1, GOALS.pandas),
      ],
      [
        `same, 2 threads`,
        times(ratios.pandas_ours_2),
        '>= 25x (stretch)',
        met(ratios.pandas_ours_2, GOALS.pandas2),
      ],
      [
        `same, 1 thread, vs the fastest Python, 1 thread`,
        times(ratios.fast_1_ours_1),
        '>= 5x',
        met(ratios.fast_1_ours_1, GOALS.fast),
      ],
      [
        `same, 2 threads, vs the fastest Python, 2 threads`,
        times(ratios.fast_2_ours_2),
        '>= 5x',
        met(ratios.fast_2_ours_2, GOALS.fast),
      ],
      ['same, 1 thread, CPU time, vs pandas + scikit-learn', times(ratios.cpu_pandas_ours_1), '', null],
      ['same, 1 thread, CPU time, vs the fastest Python', times(ratios.cpu_fast_1_ours_1), '', null],
      [
        `peak memory, largest process, ${spacing}, 1 / 2 threads`,
        `${megabytes(rss.ours_1)} / ${megabytes(rss.ours_2)}`,
        '<= 200 MB',
        below(Math.max(rss.ours_1, rss.ours_2), GOALS.rss),
      ],
    );
  }
  rows.push(
    [
      `fit, ${thousands(small.rows)} rows, 256 a tree, vs scikit-learn`,
      times(small.fit_ratio),
      '>= 15x',
      met(small.fit_ratio, GOALS.fit),
    ],
    [
      `fit, ${thousands(large.rows)} rows, 256 a tree, vs scikit-learn`,
      times(large.fit_ratio),
      '>= 15x',
      met(large.fit_ratio, GOALS.fit),
    ],
    [
      `fit, ${thousands(full.rows)} rows, all rows a tree, vs scikit-learn`,
      times(full.fit_ratio),
      '>= 1.5x',
      met(full.fit_ratio, GOALS.full),
    ],
    [
      `score, ${thousands(large.rows)} rows, vs scikit-learn`,
      times(large.score_ratio),
      '>= 20x',
      met(large.score_ratio, GOALS.score),
    ],
    [
      'one row, kernel p99',
      `${small.one_row_p99_us} us`,
      '< 50 us',
      below(small.one_row_p99_us, GOALS.oneRow),
    ],
  );
  return markdownTable(['goal', 'measured', 'wanted', 'met'], rows);
}

const NAMES = {
  ours_1: 'mcp-training, 1 thread',
  ours_2: 'mcp-training, 2 threads',
  pandas: 'pandas + scikit-learn',
  fast_1: 'fastest Python, 1 thread',
  fast_2: 'fastest Python, 2 threads',
};

/** Every contestant's own figures: medians of wall and CPU time, the highest peak. */
function whole({ spacings }) {
  const rows = [];
  for (const [spacing, { bytes, wall_s: wall, cpu_s: cpu, peak_rss_mb: rss, runs }] of Object.entries(
    spacings,
  )) {
    for (const name of Object.keys(wall)) {
      const all = runs[name].map((run) => run.wall_s);
      const range = `${Math.min(...all).toFixed(2)} - ${Math.max(...all).toFixed(2)}`;
      rows.push([
        `${spacing}, ${Math.round(bytes / 1e6)} MB`,
        NAMES[name],
        seconds(wall[name]),
        range,
        seconds(cpu[name]),
        megabytes(rss[name]),
      ]);
    }
  }
  return markdownTable(['export', 'who', 'wall, median', 'least - most', 'CPU, median', 'peak memory'], rows);
}

function forest({ forest: { small, large, full } }) {
  const rows = [small, large, full].map((row) => [
    `${thousands(row.rows)} x ${row.columns}, ${row.max_samples} a tree`,
    `${row.fit_ms} ms`,
    row.fit_sklearn_ms === null ? null : `${row.fit_sklearn_ms} ms`,
    `${thousands(row.score_rows_per_s)} rows/s`,
    row.score_sklearn_rows_per_s === null ? null : `${thousands(row.score_sklearn_rows_per_s)} rows/s`,
    `${row.one_row_p50_us} / ${row.one_row_p99_us} us`,
    row.one_row_sklearn_us === null ? null : `${row.one_row_sklearn_us} us`,
  ]);
  return markdownTable(
    [
      'forest of 100 trees, 1 thread',
      'fit',
      'scikit-learn',
      'score',
      'scikit-learn',
      'one row p50 / p99',
      'scikit-learn',
    ],
    rows,
  );
}

function growthTable({ jobs }) {
  const rows = jobs.map((row) => [
    `${thousands(row.records)} records, ${row.days} days`,
    `${Math.round(row.bytes / 1e6)} MB`,
    seconds(row.wall_s),
    `${row.times_wall}x for ${row.times_bytes}x the bytes`,
    row.linear ? 'yes' : '**no**',
    megabytes(row.peak_rss_mb),
    below(row.peak_rss_mb, row.days > 30 ? GOALS.growthRss : GOALS.rss),
  ]);
  return markdownTable(
    [
      'growth, 2 threads',
      'bytes',
      'wall',
      'against the first',
      'linear',
      'peak memory',
      'within 200 MB (300 days: 300 MB)',
    ],
    rows,
  );
}
