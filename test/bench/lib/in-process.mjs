// One measurement inside a process of its own, so that its memory and its compiled code are nobody else's.
//   node in-process.mjs ingest FILE THREADS
//   node in-process.mjs forest MATRIX ROWS COLUMNS MAX_SAMPLES|all REPEATS
// Prints one JSON line.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const load = (path) => import(new URL(`../../../dist/src/${path}`, import.meta.url).href);
const ONE_ROW_CALLS = 20_000;

const now = () => performance.now() / 1000;

/** Reading, validating, classifying and windowing one export, as `train` does it. */
async function ingest(file, threads) {
  const { loadConfig } = await load('platform/config/load-config.js');
  const { ingestTask } = await load('pipeline/ingest-task.js');
  const { runInThread } = await load('platform/compute/thread-task.js');
  const { values } = loadConfig({
    env: {},
    cwd: process.cwd(),
    packageRoot: fileURLToPath(new URL('../../../', import.meta.url)),
  });
  const config = { ...values, training: { ...values.training, n_jobs: Number(threads) } };
  const task = { ...ingestTask({ files: [{ path: file, name: file }] }, config), extract: true };
  const begun = now();
  const { report, table } = await runInThread('ingest', task);
  return { wall_s: now() - begun, records: report.stats.log_count, windows: table.startMs.length };
}

/** The forest without threads around it. */
async function forest(matrix, rows, columns, maxSamples, repeats) {
  const { parseForestParams, resolveForestParams } = await load('training/core/forest/forest-params.js');
  // Compiled, or plain where no kernel can be loaded, as the threads of the product choose.
  const { forestEngine } = await load('workers/forest-kernel.js');
  const engine = forestEngine();
  const [n, d] = [Number(rows), Number(columns)];
  const bytes = readFileSync(matrix);
  const x = new Float32Array(bytes.buffer, bytes.byteOffset, n * d);
  const plain = {
    n_estimators: 100,
    max_samples: maxSamples === 'all' ? 1 : Number(maxSamples),
    max_features: 1,
    contamination: 'auto',
    bootstrap: false,
    random_state: 42,
  };
  const params = resolveForestParams(parseForestParams(plain), n, d);
  const best = (call) => {
    let least = Infinity;
    for (let i = 0; i < Number(repeats); i++) {
      const begun = now();
      call();
      least = Math.min(least, now() - begun);
    }
    return least;
  };
  let grown;
  const fit = best(() => (grown = engine.growTrees(x, n, d, params, 0, params.nEstimators)));
  const out = new Float64Array(n);
  const score = best(() => engine.scoreSamples(grown, x, n, out));
  const one = new Float64Array(1);
  const calls = Float64Array.from({ length: ONE_ROW_CALLS }, (_, i) => {
    const row = x.subarray((i % n) * d, (i % n) * d + d);
    const begun = process.hrtime.bigint();
    engine.scoreSamples(grown, row, 1, one);
    return Number(process.hrtime.bigint() - begun) / 1000;
  }).sort();
  return {
    fit_s: fit,
    score_s: score,
    one_row_p50_us: calls[Math.floor(ONE_ROW_CALLS * 0.5)],
    one_row_p99_us: calls[Math.floor(ONE_ROW_CALLS * 0.99)],
    mean_score: out.subarray(0, 1000).reduce((sum, value) => sum + value, 0) / Math.min(n, 1000),
  };
}

const [what, ...args] = process.argv.slice(2);
const result = await { ingest, forest }[what](...args);
console.log(JSON.stringify(result));
