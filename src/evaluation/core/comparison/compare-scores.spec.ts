import { describe, expect, it } from 'vitest';
import { createRng, nextFloat } from '../../../shared/rng.js';
import { averagePrecision, rocAuc } from '../metrics.js';
import { compareScores, type ComparisonInput } from './compare-scores.js';
import { rankingFigures, rankRows } from './weighted-ranking.js';

describe('weighted ranking figures', () => {
  const rng = createRng(1);
  const labels = Uint8Array.from({ length: 200 }, () => (nextFloat(rng) < 0.2 ? 1 : 0));
  // Rounded, so that there are ties of both classes.
  const scores = Float64Array.from(labels, (label) => Math.round((nextFloat(rng) + 0.4 * label) * 20) / 20);
  const weights = Int32Array.from(labels, () => Math.floor(nextFloat(rng) * 4));

  it('are those of the rows repeated as often as they weigh', () => {
    const repeated = Array.from(weights).flatMap((weight, row) => new Array<number>(weight).fill(row));
    const figures = rankingFigures(rankRows(labels, scores), weights);
    const names = Uint8Array.from(repeated, (row) => labels[row]);
    const values = Float64Array.from(repeated, (row) => scores[row]);
    expect(figures.rocAuc).toBeCloseTo(rocAuc(names, values)!, 12);
    expect(figures.averagePrecision).toBeCloseTo(averagePrecision(names, values)!, 12);
  });

  it('are undefined with one class', () => {
    const one = rankingFigures(rankRows(new Uint8Array(3), Float64Array.of(1, 2, 3)), Int32Array.of(1, 1, 1));
    expect(one).toEqual({ rocAuc: null, averagePrecision: null });
  });
});

/** Four days of two devices; every 40th window is an anomaly. `skill` = how far anomalies stand out. */
function scenario(skillA: number, skillB: number): ComparisonInput {
  const rows = 4 * 288 * 2;
  const rng = createRng(7);
  const labels = Uint8Array.from({ length: rows }, (_, row) => (row % 40 === 0 ? 1 : 0));
  const noise = Float64Array.from(labels, () => nextFloat(rng));
  const side = (skill: number): ComparisonInput['a'] => {
    const scores = noise.map((value, row) => value * 0.5 + labels[row] * skill + nextFloat(rng) * 0.1);
    return { scores, threshold: 0.55, planted: null };
  };
  return {
    a: side(skillA),
    b: side(skillB),
    windows: {
      devices: ['ap-1', 'ap-2'],
      deviceIndex: Int32Array.from(labels, (_, row) => row % 2),
      startMs: Float64Array.from(labels, (_, row) => Math.floor(row / 2) * 300_000),
      windowSeconds: 300,
    },
    labels: { source: 'ground_truth', windowLabels: labels },
    plantedFrom: null,
    seed: 3,
  };
}

describe('two versions on the same windows', () => {
  it('a version against itself changes nothing, and nothing is clear', () => {
    const input = scenario(0.1, 0.1);
    const { blast_radius: radius, agreement, metrics, episodes } = compareScores({ ...input, b: input.a });
    expect(radius).toMatchObject({ new_alerts: 0, lost_alerts: 0, label_source: 'none' });
    expect(radius.kept_alerts).toBe(radius.alerts_a);
    expect(radius.alerts_per_day_delta).toMatchObject({ estimate: 0, low: 0, high: 0 });
    expect(agreement).toMatchObject({ spearman: 1, alert_jaccard: 1 });
    for (const { delta, verdict } of metrics) {
      expect(delta).toMatchObject({ estimate: 0, low: 0, high: 0 });
      expect(verdict).toBe('not_clear');
    }
    expect(episodes).toMatchObject({ only_a: 0, only_b: 0 });
  });

  it('a clearly better version is called better, from either side, with the source of the labels', () => {
    const forth = compareScores(scenario(0.05, 0.3));
    const back = compareScores(scenario(0.3, 0.05));
    expect(forth.metrics.map(({ verdict }) => verdict)).toEqual(['b_is_better', 'b_is_better']);
    expect(back.metrics.map(({ verdict }) => verdict)).toEqual(['a_is_better', 'a_is_better']);
    for (const { label_source: source, delta } of forth.metrics) {
      expect(source).toBe('ground_truth');
      expect(delta.low!).toBeLessThanOrEqual(delta.estimate!);
      expect(delta.high!).toBeGreaterThanOrEqual(delta.estimate!);
    }
    expect(forth.episodes!.only_b).toBeGreaterThan(forth.episodes!.only_a);
  });

  it('counts per device what the whole counts', () => {
    const { blast_radius: radius } = compareScores(scenario(0.05, 0.3));
    const total = (key: 'alerts_a' | 'alerts_b' | 'new_alerts' | 'lost_alerts'): number =>
      radius.devices.reduce((sum, device) => sum + device[key], 0);
    for (const key of ['alerts_a', 'alerts_b', 'new_alerts', 'lost_alerts'] as const)
      expect(total(key), key).toBe(radius[key]);
    expect(radius.alerts_b - radius.alerts_a).toBe(radius.new_alerts - radius.lost_alerts);
    expect(radius.new_examples.every(({ score_b: b, score_a: a }) => b > 0.55 && a <= 0.55)).toBe(true);
  });

  it('is the same for the same seed and draws planted rows with the rows they came from', () => {
    const input = scenario(0.1, 0.1);
    const plantedFrom = Int32Array.from({ length: 60 }, (_, i) => i * 30);
    const planted = (shift: number): Float64Array =>
      Float64Array.from(plantedFrom, (row) => 0.3 + shift + (row % 7) / 50);
    const withPlanted = {
      ...input,
      labels: null,
      plantedFrom,
      a: { ...input.a, planted: planted(0) },
      b: { ...input.b, planted: planted(0.2) },
    };
    const found = compareScores(withPlanted);
    expect(found).toEqual(compareScores(withPlanted));
    expect(found.episodes).toBeNull();
    expect(found.metrics).toMatchObject([
      { label_source: 'injected', metric: 'roc_auc', verdict: 'b_is_better' },
      { label_source: 'injected', metric: 'average_precision', verdict: 'b_is_better' },
    ]);
  });
});
