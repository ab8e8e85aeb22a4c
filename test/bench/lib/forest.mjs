// Fit, score and one row: ours and scikit-learn in turn, one thread each, on one matrix.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lastJson, measureOrThrow, round } from './processes.mjs';
import { peer, python, pythonEnv } from './python.mjs';
import { median, pairedRatio } from './report.mjs';
import { writeMatrix } from './matrix.mjs';

const child = fileURLToPath(new URL('in-process.mjs', import.meta.url));

/** @param maxSamples rows a tree, or 'all' (max_samples = 1.0) */
export async function forestBench(directory, { rows, columns = 20, maxSamples, rounds, repeats }) {
  const matrix = join(directory, `matrix-${rows}.f32`);
  writeMatrix(matrix, rows, columns);
  const script = peer('forest_matrix');
  const args = [matrix, String(rows), String(columns), String(maxSamples), String(repeats)];
  const ours = [];
  const sklearn = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(lastJson((await measureOrThrow(process.execPath, [child, 'forest', ...args])).stdout));
    if (script === null) continue;
    const env = pythonEnv();
    sklearn.push(lastJson((await measureOrThrow(python, [script, ...args], { env })).stdout));
  }
  const of = (runs, key) => median(runs.map((run) => run[key]));
  const ratio = (key) =>
    pairedRatio(
      sklearn.map((run) => run[key]),
      ours.map((run) => run[key]),
    );
  return {
    rows,
    columns,
    max_samples: maxSamples,
    fit_ms: round(of(ours, 'fit_s') * 1000, 2),
    fit_sklearn_ms: sklearn.length > 0 ? round(of(sklearn, 'fit_s') * 1000, 1) : null,
    fit_ratio: ratio('fit_s'),
    score_rows_per_s: Math.round(rows / of(ours, 'score_s')),
    score_sklearn_rows_per_s: sklearn.length > 0 ? Math.round(rows / of(sklearn, 'score_s')) : null,
    score_ratio: ratio('score_s'),
    one_row_p50_us: round(of(ours, 'one_row_p50_us'), 1),
    one_row_p99_us: round(of(ours, 'one_row_p99_us'), 1),
    one_row_sklearn_us: sklearn.length > 0 ? Math.round(of(sklearn, 'one_row_s') * 1e6) : null,
    one_row_ratio: sklearn.length > 0 ? (of(sklearn, 'one_row_s') * 1e6) / of(ours, 'one_row_p50_us') : null,
  };
}
