import { describe, expect, it } from 'vitest';
import { rankTrials, type FinishedTrial } from './rank-trials.js';
import { gridOfSettings, settingsKey, trialOrder, type TrialSettings } from './search-space.js';

const CURRENT: TrialSettings = { n_estimators: 100, max_samples: 'auto', max_features: 1, bootstrap: false };
const OTHER: TrialSettings = { ...CURRENT, n_estimators: 400 };
const FOLDS = 5;
const SEEDS = 3;

/** `auc` of fold and seed; ranks of ten rows, the same in all trials. */
function trial(
  settings: TrialSettings,
  auc: (fold: number, seed: number) => number,
  precision = 0.4,
  stability = 0.9,
): FinishedTrial {
  const cells = Array.from({ length: FOLDS * SEEDS }, (_, i) => {
    const [fold, seed] = [Math.floor(i / SEEDS), i % SEEDS];
    return { fold, seed, roc_auc: auc(fold, seed), average_precision: precision, episode_recall: 0.5 };
  });
  const ranks = Array.from({ length: FOLDS }, () => Float32Array.from({ length: 10 }, (_, i) => i));
  return { settings, outcome: { cells, stability: new Array<number>(FOLDS).fill(stability), ranks } };
}

describe('the recommendation of a search', () => {
  const base = (fold: number, seed: number): number => 0.8 + 0.01 * fold + 0.002 * seed;

  it('is another setting when every fold gains', () => {
    const found = rankTrials(
      [trial(CURRENT, base), trial(OTHER, (fold, seed) => base(fold, seed) + 0.01 + 0.001 * fold)],
      'ground_truth',
      1,
    );
    expect(found).toMatchObject({ is_change: true, recommended: OTHER, label_source: 'ground_truth' });
    expect(found.trials[0].gain.low).toBeGreaterThanOrEqual(0.01);
  });

  it.each<[string, FinishedTrial]>([
    ['the gain is small', trial(OTHER, (fold, seed) => base(fold, seed) + 0.004)],
    [
      'the gain is one of some folds only',
      trial(OTHER, (fold, seed) => base(fold, seed) + (fold === 0 ? 0.2 : -0.02)),
    ],
    ['average precision is lost', trial(OTHER, (fold, seed) => base(fold, seed) + 0.02, 0.3)],
    ['it is worse', trial(OTHER, (fold, seed) => base(fold, seed) - 0.02)],
  ])('is the setting in use when %s', (_, other) => {
    const found = rankTrials([trial(CURRENT, base), other], 'ground_truth', 1);
    expect(found).toMatchObject({ is_change: false, recommended: CURRENT });
  });

  it('without labels goes by consensus and stability, and says that no labels were there', () => {
    const unlabelled = ({ settings, outcome }: FinishedTrial): FinishedTrial => ({
      settings,
      outcome: { ...outcome, cells: [] },
    });
    const found = rankTrials(
      [unlabelled(trial(CURRENT, base)), unlabelled(trial(OTHER, base, 0, 0.98))],
      null,
      1,
    );
    expect(found).toMatchObject({
      label_source: 'none',
      objective: 'consensus_and_stability',
      recommended: OTHER,
    });
    expect(found.trials[0]).toMatchObject({ roc_auc: null, average_precision: null });
  });
});

describe('the plan of a search', () => {
  it.each(['grid', 'random'] as const)(
    'begins with the settings in use and tries each once: %s',
    (search) => {
      const order = trialOrder('isolation_forest', CURRENT, search, 42);
      expect(order[0]).toEqual(CURRENT);
      expect(new Set(order.map(settingsKey)).size).toBe(order.length);
      expect(order.length).toBe(gridOfSettings('isolation_forest').length);
      expect(trialOrder('isolation_forest', CURRENT, search, 42)).toEqual(order);
    },
  );

  it('adds settings in use that are not on the grid', () => {
    expect(trialOrder('isolation_forest', { ...CURRENT, n_estimators: 77 }, 'random', 1)).toHaveLength(
      gridOfSettings('isolation_forest').length + 1,
    );
  });
});
