import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  networkRows,
  scenario,
  SCENARIO_FEATURES,
  scenarioWindows,
} from '../../../test/support/evaluation-scenario.js';
import { tableSet } from '../../features/core/table-set.js';
import { createRng } from '../../shared/rng.js';
import { PLAIN_FOREST_ENGINE } from '../../training/core/forest/forest-engine.js';
import { crossValidate } from './cross-validation.js';
import { evaluateModel } from './evaluate.js';
import { fitFold } from './fold-model.js';
import { LABEL_SOURCES } from './label-source.js';
import { originOfRows } from './labels/label-coverage.js';
import { rollingFolds } from './rolling-origin.js';

/** Figures that mean nothing without labels, under the names the reports give them. */
const LABELLED_FIGURES = new Set([
  'accuracy',
  'precision',
  'recall',
  'f1_score',
  'roc_auc',
  'average_precision',
  'prevalence',
  'true_positives',
  'false_positives',
  'false_positive_rate',
  'baseline_auc',
  'importance',
  'episode_recall',
  'alert_precision',
  'hit',
  'false_alerts',
  'recall_by_kind',
]);

/** Paths of objects with such a figure where neither they nor an object around them (but the root) names its source. */
function unlabelled(value: unknown, path: string, labelled: boolean): string[] {
  if (value === null || typeof value !== 'object') return [];
  const source = (value as { label_source?: unknown }).label_source;
  const known = labelled || (path !== '' && LABEL_SOURCES.some((name) => name === source));
  const bare = !known && Object.keys(value).some((key) => LABELLED_FIGURES.has(key));
  return [
    ...(bare ? [path] : []),
    ...Object.entries(value).flatMap(([key, child]) => unlabelled(child, `${path}/${key}`, known)),
  ];
}

const SLOTS = 700;
const rows = networkRows(0, SLOTS, createRng(5, 1));
const windows = scenarioWindows(0, SLOTS);
const threshold = {
  policy: 'contamination',
  contamination: 0.02,
  value: null,
  alertsPerDay: 3,
  windowsPerDay: 288,
} as const;

function folds() {
  const part = (from: number, to: number) => ({
    values: rows.values.slice(from * rows.columns, to * rows.columns),
    rows: to - from,
    columns: rows.columns,
  });
  const options = { folds: 2, gapWindows: 1, windowSeconds: 300, strideSeconds: 300 };
  return rollingFolds(windows.startMs, options).map((fold) => {
    const [from, to] = [fold.test[0], fold.test[0] + fold.test.length];
    return {
      ...fold,
      train: part(0, fold.train.length),
      trainDevices: new Int32Array(fold.train.length),
      trainRows: fold.train.length,
      test: part(from, to),
      testRows: to - from,
      windows: {
        ...windows,
        deviceIndex: windows.deviceIndex.slice(from, to),
        startMs: windows.startMs.slice(from, to),
      },
      labels: {
        source: 'ground_truth',
        windowLabels: Uint8Array.from({ length: to - from }, (_, row) => (row % 50 === 7 ? 1 : 0)),
      } as const,
    };
  });
}

describe('every figure of a report that needs labels names its label source', () => {
  const base = scenario({ seed: 12 });
  const windowLabels = Uint8Array.from({ length: base.holdout.rows }, (_, row) => (row % 40 === 3 ? 1 : 0));
  const report = (source: 'ground_truth' | 'feedback') =>
    evaluateModel({
      ...base,
      alertsPerDayPerDevice: 3,
      seedStabilityRuns: 1,
      importanceRows: 200,
      thresholds: { recall: 0.5 },
      labels: { source, windowLabels, marks: 30, origin: originOfRows('label_column', 'label') },
    });

  it.each(['ground_truth', 'feedback'] as const)('with labels from %s', (source) => {
    const judged = report(source);
    expect(judged[source]?.at_alert_budget).not.toBeNull();
    expect(judged.advanced_metrics.at_alert_budget).not.toBeNull();
    expect(unlabelled(judged, '', false)).toEqual([]);
  });

  it('in the cross-validation too', () => {
    const settings = {
      set: tableSet(SCENARIO_FEATURES.map(({ name }) => name)),
      options: { impute: 'median', clip: 'quantiles' },
      params: {
        n_estimators: 20,
        max_samples: 'auto',
        contamination: 0.02,
        max_features: 1,
        bootstrap: false,
        random_state: 1,
      },
      threshold,
      detector: null,
    } as const;
    const judged = crossValidate(
      { features: SCENARIO_FEATURES, folds: folds(), requestedFolds: 2, seed: 1, alertsPerDayPerDevice: 3 },
      (rows, fold) => fitFold(settings, PLAIN_FOREST_ENGINE, rows, fold),
    );
    expect(judged?.folds[0].ground_truth).not.toBeNull();
    expect(unlabelled({ cross_validation: judged }, '', false)).toEqual([]);
  });

  it('and one that does not is found', () => {
    expect(unlabelled({ label_source: 'injected', metrics: { recall: 1 } }, '', false)).toEqual(['/metrics']);
    expect(unlabelled({ metrics: { label_source: 'guess', roc_auc: 1 } }, '', false)).toEqual(['/metrics']);
  });
});

describe('the code never takes the predictions of a model for the truth', () => {
  const SRC = join(import.meta.dirname, '../..');
  const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.spec)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const text = new Map(files.map((file) => [relative(SRC, file), readFileSync(file, 'utf8')]));

  /** Functions that compare scores or flags with labels; the labels come first. */
  const COMPARING =
    /\b(?:rocAuc|averagePrecision|confusionMatrix|thresholdSweep|curves)\(\s*([^,()]*(?:\([^()]*\))?[^,()]*),/g;

  it('gives labels, and nothing made of scores, to what compares with labels', () => {
    const first = [...text].flatMap(([file, code]) =>
      [...code.matchAll(COMPARING)]
        .map((match) => match[1].trim())
        // A declaration names the type of its first parameter.
        .filter((argument) => !argument.includes(':'))
        .map((argument) => `${file}: ${argument}`),
    );
    expect(first.length).toBeGreaterThan(5);
    expect(first.filter((call) => !/: (?:rows\.)?labels$/.test(call))).toEqual([]);
  });

  it('makes labels of planted rows, episodes and label columns only', () => {
    const makers = [...text].flatMap(([file, code]) =>
      /labels: (?:flag|predict|[a-z]+Flags|flagAbove)|windowLabels: flag|labels = flag/i.test(code)
        ? [file]
        : [],
    );
    expect(makers).toEqual([]);
    expect(/labels: flagAbove/.test('{ labels: flagAbove(scores, 0.5) }')).toBe(true);
  });
});
