// Fit, score and one row of the forest against scikit-learn, in turn on one matrix, one thread each.
//   node test/bench/forest.mjs [ROWS=8640] [ROWS_PER_TREE=256|all] [REPEATS=5] [ROUNDS=3] [COLUMNS=20]
// A repeat is one call in a warm process, of which the best counts; a round is a process of each side.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/ensure.mjs';
import { forestBench } from './lib/forest.mjs';
import { markdownTable, times } from './lib/report.mjs';

const [rows = '8640', maxSamples = '256', repeats = '5', rounds = '3', columns = '20'] =
  process.argv.slice(2);

ensureBuilt();
const directory = mkdtempSync(join(tmpdir(), 'mcp-training-bench-'));
try {
  const found = await forestBench(directory, {
    rows: Number(rows),
    columns: Number(columns),
    maxSamples: maxSamples === 'all' ? maxSamples : Number(maxSamples),
    rounds: Number(rounds),
    repeats: Number(repeats),
  });
  const perSecond = (count) => count && `${Math.round(count / 1000)} k rows/s`;
  console.log(
    markdownTable(
      [`${rows} x ${columns}, ${maxSamples} rows a tree`, 'ours', 'scikit-learn', 'ratio'],
      [
        [
          'fit',
          `${found.fit_ms} ms`,
          found.fit_sklearn_ms && `${found.fit_sklearn_ms} ms`,
          times(found.fit_ratio),
        ],
        [
          'score',
          perSecond(found.score_rows_per_s),
          perSecond(found.score_sklearn_rows_per_s),
          times(found.score_ratio),
        ],
        [
          'one row, p50 / p99',
          `${found.one_row_p50_us} / ${found.one_row_p99_us} us`,
          found.one_row_sklearn_us && `${found.one_row_sklearn_us} us`,
          times(found.one_row_ratio),
        ],
      ],
    ),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
