import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { plantedAnomalies, rocAuc, type LabelledRows } from '../../../../test/support/planted-anomalies.js';
import { mean } from '../../../shared/stats.js';
import { parseForestParams, type PlainForestParams, resolveForestParams } from './forest-params.js';
import { growTrees } from './grow.js';
import { scoreSamples } from './score.js';

/** Public data sets that may not be copied into the project; beside the checkout where they are available. */
const BENCHMARKS = new URL('../../../../../shared/data/benchmarks/', import.meta.url);

interface Quality {
  readonly auc: number;
  readonly meanScore: number;
  readonly nodesPerTree: number;
}

/** Trains on the rows it scores, 100 trees, no scaling; mean over the seeds 0 to 9. */
function tenSeeds(
  { x, rows, columns, isAnomaly }: LabelledRows,
  change: Partial<PlainForestParams>,
): Quality {
  const runs = Array.from({ length: 10 }, (_, seed) => {
    const plain: PlainForestParams = {
      n_estimators: 100,
      max_samples: 'auto',
      max_features: 1,
      contamination: 'auto',
      bootstrap: false,
      ...change,
      random_state: seed,
    };
    const forest = growTrees(
      x,
      rows,
      columns,
      resolveForestParams(parseForestParams(plain), rows, columns),
      0,
      100,
    );
    const scores = new Float64Array(rows);
    scoreSamples(forest, x, rows, scores);
    return { auc: rocAuc(scores, isAnomaly), meanScore: mean(scores), nodes: forest.left.length / 100 };
  });
  return {
    auc: mean(runs.map((run) => run.auc)),
    meanScore: mean(runs.map((run) => run.meanScore)),
    nodesPerTree: mean(runs.map((run) => run.nodes)),
  };
}

describe('on planted anomalies the kernel is as good as scikit-learn', () => {
  // scikit-learn 1.3.0, the same rows, random_state 0 to 9: mean (standard deviation over the seeds). The tolerances
  // are four standard errors of the difference of two such means: 4 x sd x sqrt(2 / 10) = 1.8 sd.
  it.each([
    ['default', {}, [0.9607, 0.0064], [-0.44112, 0.00364], [121.5, 3.23]],
    [
      'half of the columns',
      { max_features: 0.5, max_samples: 512 },
      [0.9655, 0.0044],
      [-0.43596, 0.0034],
      [199.6, 5.39],
    ],
    ['bootstrap', { bootstrap: true }, [0.9592, 0.0036], [-0.4461, 0.00317], [120.0, 2.76]],
    ['all rows', { max_samples: 1 }, [0.969, 0.0037], [-0.40985, 0.00309], [456.1, 16.9]],
  ] as const)('%s', (_name, change, auc, meanScore, nodes) => {
    const quality = tenSeeds(plantedAnomalies(2024), change);
    expect(Math.abs(quality.auc - auc[0])).toBeLessThan(1.8 * auc[1]);
    expect(Math.abs(quality.meanScore - meanScore[0])).toBeLessThan(1.8 * meanScore[1]);
    expect(Math.abs(quality.nodesPerTree - nodes[0])).toBeLessThan(1.8 * nodes[1]);
  });
});

describe('on public data sets', () => {
  const present = existsSync(new URL('index.json', BENCHMARKS));
  if (!present)
    console.warn('SKIPPED: the public benchmark data sets are not beside this checkout (../shared/data).');

  it.skipIf(!present).each(['glass', 'breastw', 'vowels'])(
    'the mean AUC over 10 seeds lies in the accepted band: %s',
    (name) => {
      const quality = tenSeeds(readBenchmark(name), {});
      const [low, high] = acceptedBand(name);
      expect(quality.auc).toBeGreaterThanOrEqual(low);
      expect(quality.auc).toBeLessThanOrEqual(high);
    },
  );
});

function acceptedBand(name: string): [number, number] {
  const index = JSON.parse(readFileSync(new URL('index.json', BENCHMARKS), 'utf8')) as {
    readonly tabular: readonly {
      readonly name: string;
      readonly accept_band_10_seed_mean_auc: [number, number];
    }[];
  };
  const entry = index.tabular.find((set) => set.name === name);
  if (entry === undefined) throw new Error(`The index has no data set ${name}.`);
  return entry.accept_band_10_seed_mean_auc;
}

/** Columns f0..f{d-1} and `label` (1 = anomaly). */
function readBenchmark(name: string): LabelledRows {
  const text = gunzipSync(readFileSync(new URL(`${name}.csv.gz`, BENCHMARKS))).toString('utf8');
  const lines = text.trim().split('\n').slice(1);
  const cells = lines.map((line) => line.split(',').map(Number));
  const columns = cells[0].length - 1;
  return {
    x: Float32Array.from(cells.flatMap((row) => row.slice(0, columns))),
    rows: cells.length,
    columns,
    isAnomaly: Uint8Array.from(cells, (row) => row[columns]),
  };
}
