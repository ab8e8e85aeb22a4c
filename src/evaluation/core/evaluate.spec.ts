import type { FeatureValues } from '../../features/core/preprocessing.js';
import { describe, expect, it } from 'vitest';
import { scenario } from '../../../test/support/evaluation-scenario.js';
import type { Episode } from './episodes.js';
import { evaluateModel } from './evaluate.js';
import type { EvaluationInput } from './evaluation-report.js';
import type { LabelledMetrics } from './label-source.js';
import { recommend, type RecommendationInput } from './recommendations.js';
import { checkThresholds, enforcedThresholdsCheck } from './threshold-checks.js';

/** Cheap: no regrown forests, no importance. */
const quick = (input: EvaluationInput): EvaluationInput => ({
  ...input,
  seedStabilityRuns: 0,
  importanceRows: 0,
});

/** Calls `visit` with every key and number of a JSON value. */
function walk(
  value: unknown,
  path: string,
  visit: (path: string, key: string, value: unknown) => void,
): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, child] of Object.entries(value)) {
    visit(`${path}/${key}`, key, child);
    walk(child, `${path}/${key}`, visit);
  }
}

function badNumbers(report: unknown): string[] {
  const bad: string[] = [];
  walk(report, '', (path, _, value) => {
    if ((typeof value === 'number' && !Number.isFinite(value)) || value === undefined) bad.push(path);
  });
  return bad;
}

describe('evaluation report', () => {
  const input = scenario({ seed: 7 });
  const report = evaluateModel(input);

  it('is the same for the same input', () => {
    expect(JSON.stringify(evaluateModel(input))).toBe(JSON.stringify(report));
  });

  it('is JSON: snake_case, no NaN, no Infinity, nothing undefined', () => {
    const camel: string[] = [];
    walk(report, '', (path, key) => {
      if (/[A-Z]/.test(key)) camel.push(path);
    });
    expect(camel).toEqual([]);
    expect(badNumbers(report)).toEqual([]);
  });

  it('names the label source beside every figure that needs labels', () => {
    const sources: string[] = [];
    walk(report, '', (path, key, value) => {
      if (key === 'label_source') sources.push(`${path} ${String(value)}`);
    });
    expect(sources).toEqual([
      '/label_source injected',
      '/basic_metrics/label_source injected',
      '/advanced_metrics/label_source injected',
      '/advanced_metrics/score_distribution/label_source none',
      '/label_free/label_source none',
      '/threshold_checks/label_source injected',
      '/feature_importance/label_source injected',
    ]);
  });

  it('has the seeds’ metrics on planted anomalies, with the prevalence beside them', () => {
    const { basic_metrics: metrics } = report;
    expect(metrics).toMatchObject({ normal_rows: 864, anomalous_rows: 1200, threshold_value: -input.offset });
    expect(metrics.prevalence).toBeCloseTo(1200 / 2064, 12);
    expect(metrics.roc_auc).toBeGreaterThan(0.9);
    expect(metrics.recall).toBeGreaterThan(0.3);
    const recalls = Object.values(report.advanced_metrics.injected_kinds).map(({ recall }) => recall);
    // 400 rows of each kind: the overall recall is the mean.
    expect(recalls.reduce((sum, recall) => sum + recall, 0) / 3).toBeCloseTo(metrics.recall, 12);
  });

  it('counts flags as scikit-learn does: score_samples below offset_', () => {
    const scores = input.score(input.holdout.values, input.holdout.rows, null);
    const flagged = scores.filter((score) => score < input.offset).length;
    expect(report.basic_metrics.anomaly_ratio).toBe(flagged / 864);
    // 432 slots of 5 minutes are 1.5 days; two devices.
    expect(report.label_free.alerts).toBe(flagged);
    expect(report.label_free.alerts_per_day).toBeCloseTo(flagged / 1.5, 12);
    expect(report.label_free.alerts_per_day_per_device).toBeCloseTo(flagged / 3, 12);
    expect(report.advanced_metrics.confusion_matrix.false_positives).toBe(flagged);
  });

  it('marks one operating point in the sweep, flag rates ascending', () => {
    const sweep = report.advanced_metrics.threshold_analysis;
    expect(sweep.filter(({ operating_point }) => operating_point)).toHaveLength(1);
    const rates = sweep.map(({ flag_rate }) => flag_rate);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
  });

  it('finds three regrown forests that mostly agree, and the KS distance of check C', () => {
    expect(report.label_free.seed_stability?.runs).toBe(3);
    expect(report.label_free.seed_stability?.min_spearman).toBeGreaterThan(0.8);
    expect(report.label_free.seed_stability?.mean_spearman).toBeLessThan(1);
    expect(report.label_free.train_holdout_ks).toBe(report.gate.checks.find(({ id }) => id === 'C')?.value);
  });

  it('gives no importance to a column that never varies, and most to those that do', () => {
    const importance = new Map(report.feature_importance?.features.map((f) => [f.feature, f.importance]));
    expect(importance.size).toBe(27);
    expect(importance.get('rare_0')).toBe(0);
    expect(report.feature_importance?.features[0].importance).toBeGreaterThan(0.005);
  });

  it('leaves out what costs time when asked to', () => {
    const short = evaluateModel(quick(input));
    expect(short.feature_importance).toBeNull();
    expect(short.label_free.seed_stability).toBeNull();
    expect(short.gate).toEqual(report.gate);
    expect(evaluateModel({ ...quick(input), holdoutWindows: null }).label_free.alerts_per_day).toBeNull();
  });

  it('stays JSON for a model whose scores are not numbers', () => {
    const broken = evaluateModel({ ...input, score: (_, rows) => new Float64Array(rows).fill(Number.NaN) });
    expect(badNumbers(broken)).toEqual([]);
    expect(broken.gate.passed).toBe(false);
    expect(broken.basic_metrics.roc_auc).toBeNull();
    expect(broken.feature_importance).toBeNull();
  });

  it('does not call a noise model good: labels never come from its own predictions', () => {
    let x = 1;
    const noise = (_: FeatureValues, rows: number): Float64Array =>
      Float64Array.from({ length: rows }, () => (x = (16807 * x) % 2147483647) / -2147483647);
    const judged = evaluateModel({ ...quick(input), score: noise, offset: -0.99 });
    expect(judged.basic_metrics.roc_auc).toBeGreaterThan(0.4);
    expect(judged.basic_metrics.roc_auc).toBeLessThan(0.6);
    expect(judged.basic_metrics.recall).toBeLessThan(0.1);
  });
});

describe('real labels', () => {
  const base = scenario({ seed: 8 });
  const windows = base.holdoutWindows!;
  /** Slots 100-102 of ap-1 and 200-201 of ap-2 are attacks, planted so that the model sees them. */
  const attacked = new Set([200, 202, 204, 401, 403]);
  const values = base.holdout.values.map((v, i) =>
    attacked.has(Math.floor(i / 27)) && i % 27 < 21 ? base.holdout.values[i] + 5000 : v,
  );
  const episodes: Episode[] = [
    {
      devices: ['ap-1'],
      startMs: windows.startMs[200],
      endMs: windows.startMs[206],
      kind: 'flood',
      isAnomaly: true,
    },
    {
      devices: ['ap-2'],
      startMs: windows.startMs[401],
      endMs: windows.startMs[405],
      kind: 'twin',
      isAnomaly: true,
    },
    {
      devices: ['ap-2'],
      startMs: windows.startMs[700],
      endMs: windows.startMs[702],
      kind: 'quiet',
      isAnomaly: true,
    },
  ];
  const input = quick({ ...base, holdout: { ...base.holdout, values } });

  it('give window metrics and episode counts under the name of their source', () => {
    const report = evaluateModel({ ...input, labels: { source: 'ground_truth', episodes } });
    expect(report.feedback).toBeNull();
    expect(report.ground_truth).toMatchObject({
      label_source: 'ground_truth',
      basic_metrics: { label_source: 'ground_truth', anomalous_rows: 6, normal_rows: 858 },
      episodes: { label_source: 'ground_truth', episodes: 3, hit: 2, episode_recall: 2 / 3 },
    });
    // The consumer's names stay on planted anomalies.
    expect(report.basic_metrics.label_source).toBe('injected');
    expect(report.gate.checks.find(({ id }) => id === 'E')).toMatchObject({ skipped: false, value: 2 / 3 });
    expect(badNumbers(report)).toEqual([]);
  });

  it('may be operator marks, which judge the gate from twenty on', () => {
    const marked = (marks: number) =>
      evaluateModel({ ...input, labels: { source: 'feedback', episodes, marks } });
    expect(marked(19).gate.checks.find(({ id }) => id === 'E')?.skipped).toBe(true);
    expect(marked(20).gate.checks.find(({ id }) => id === 'E')?.skipped).toBe(false);
    expect(marked(20).feedback?.label_source).toBe('feedback');
    expect(marked(20).ground_truth).toBeNull();
  });

  it('may be a label column: runs of labelled windows are episodes', () => {
    const labels = new Uint8Array(864);
    for (const row of attacked) labels[row] = 1;
    const report = evaluateModel({ ...input, labels: { source: 'ground_truth', windowLabels: labels } });
    expect(report.ground_truth?.episodes).toMatchObject({ episodes: 2, hit: 2 });
    const bare = {
      ...input,
      holdoutWindows: null,
      labels: { source: 'ground_truth', windowLabels: labels } as const,
    };
    expect(evaluateModel(bare).ground_truth?.episodes).toBeNull();
    expect(evaluateModel(bare).ground_truth?.basic_metrics?.anomalous_rows).toBe(5);
  });

  it('give no metrics when the held-out windows hold one class', () => {
    const report = evaluateModel({ ...input, labels: { source: 'ground_truth', episodes: [] } });
    expect(report.ground_truth?.basic_metrics).toBeNull();
    expect(report.gate.checks.find(({ id }) => id === 'E')?.skipped).toBe(true);
  });
});

describe('configured thresholds', () => {
  const metrics: LabelledMetrics = {
    label_source: 'injected',
    accuracy: 0.9,
    precision: 0.7,
    recall: 0.5,
    f1_score: 0.6,
    roc_auc: null,
    average_precision: 0.8,
    prevalence: 0.5,
    normal_rows: 10,
    anomalous_rows: 10,
  };

  it('pass at the border, fail below it, and fail when the metric is undefined', () => {
    const checks = checkThresholds(metrics, { precision: 0.7, recall: 0.7, roc_auc: 0.8 }, false);
    expect(checks.checks.map(({ metric, passed }) => `${metric} ${passed}`)).toEqual([
      'precision true',
      'recall false',
      'roc_auc false',
    ]);
    expect(checks).toMatchObject({ passed: false, enforced: false, label_source: 'injected' });
    expect(enforcedThresholdsCheck(checks)).toMatchObject({ id: 'T', passed: false, value: 1, limit: 3 });
    expect(enforcedThresholdsCheck(checks).message).toContain('recall is 0.5, at least 0.7 is configured');
  });

  it('warn only, unless they are enforced', () => {
    const input = quick(scenario({ seed: 9 }));
    const strict = { ...input, thresholds: { recall: 0.999 } };
    expect(evaluateModel(strict)).toMatchObject({
      threshold_checks: { passed: false },
      gate: { passed: true },
    });
    const enforced = evaluateModel({ ...strict, enforceThresholds: true });
    expect(enforced.gate.passed).toBe(false);
    expect(enforced.gate.checks.map(({ id }) => id)).toContain('T');
  });

  it('cannot be checked without naming the label source', () => {
    const anonymous: Omit<LabelledMetrics, 'label_source'> = metrics;
    // @ts-expect-error a metric without its label source does not compile
    const reported: LabelledMetrics = anonymous;
    // @ts-expect-error "none" is no source of labels
    const unlabelled: LabelledMetrics = { ...metrics, label_source: 'none' };
    expect([reported, unlabelled]).toHaveLength(2);
  });
});

describe('recommendations point in the right direction', () => {
  const good: RecommendationInput = {
    labelSource: 'ground_truth',
    precision: 0.9,
    recall: 0.9,
    rocAuc: 0.95,
    precisionTarget: 0.7,
    recallTarget: 0.7,
    aucTarget: 0.8,
    contamination: 0.01,
    flagRate: 0.01,
    alertsPerDayPerDevice: 3,
    seedStability: 0.9,
  };
  const codes = (parts: Partial<RecommendationInput>): string[] =>
    recommend({ ...good, ...parts }).map(({ code }) => code);

  it('says nothing about a good model with real labels', () => {
    expect(codes({})).toEqual([]);
  });

  it('low precision: lower contamination, because a higher one flags more', () => {
    expect(codes({ precision: 0.2 })).toEqual(['lower_contamination']);
    expect(recommend({ ...good, precision: 0.2 })[0].message).toContain(
      'lower model.contamination (now 0.01)',
    );
  });

  it('low recall: raise contamination', () => {
    expect(codes({ recall: 0.2 })).toEqual(['raise_contamination']);
  });

  it('both low: no threshold helps', () => {
    expect(codes({ precision: 0.2, recall: 0.2 })).toEqual(['weak_ranking']);
  });

  it('warns about drift, floods of alerts, chance and missing labels', () => {
    expect(codes({ flagRate: 0.1 })).toEqual(['flag_rate_above_contamination']);
    expect(codes({ alertsPerDayPerDevice: 29 })).toEqual(['many_alerts']);
    expect(codes({ seedStability: 0.5 })).toEqual(['unstable_ranking']);
    expect(codes({ rocAuc: 0.6 })).toEqual(['weak_auc']);
    expect(codes({ labelSource: 'injected' })).toEqual(['no_real_labels']);
  });

  it('lowering contamination does raise precision, and raising it recall, on a real forest', () => {
    const at = (contamination: number) =>
      evaluateModel(quick(scenario({ seed: 11, contamination }))).basic_metrics;
    const [low, high] = [at(0.01), at(0.1)];
    expect(low.precision).toBeGreaterThan(high.precision);
    expect(low.recall).toBeLessThan(high.recall);
  });
});
