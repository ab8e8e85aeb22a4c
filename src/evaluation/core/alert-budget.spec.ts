import { describe, expect, it } from 'vitest';
import { alertBudget, episodesAtBudget } from './alert-budget.js';
import type { Episode, EpisodeWindows } from './episodes.js';

/** Two days of 5-minute windows of two devices. */
const ROWS = 2 * 2 * 288;
const WINDOWS: EpisodeWindows = {
  devices: ['ap-1', 'ap-2'],
  deviceIndex: Int32Array.from({ length: ROWS }, (_, row) => row % 2),
  startMs: Float64Array.from({ length: ROWS }, (_, row) => 300_000 * Math.floor(row / 2)),
  windowSeconds: 300,
};
const SORTED = Float64Array.from({ length: ROWS }, (_, row) => row / ROWS);

describe('the alert budget', () => {
  it('is so many alerts a day for each device', () => {
    // 3 alerts x 2 devices x 2 days.
    const budget = alertBudget(SORTED, WINDOWS, 3)!;
    expect(budget).toEqual({
      alerts_per_day_per_device: 3,
      threshold: (ROWS - 13) / ROWS,
      alerts: 12,
    });
    expect(SORTED.filter((score) => score > budget.threshold)).toHaveLength(12);
  });

  it('is rather not used up than exceeded when scores repeat', () => {
    const tied = SORTED.map((score) => (score > 0.5 ? 0.9 : score));
    expect(alertBudget(tied, WINDOWS, 3)).toMatchObject({ threshold: 0.9, alerts: 0 });
  });

  it('larger than the windows flags all of them', () => {
    expect(alertBudget(SORTED, WINDOWS, 288)?.alerts).toBe(ROWS - 1);
    expect(alertBudget(new Float64Array(0), { ...WINDOWS, startMs: new Float64Array(0) }, 3)).toBeNull();
  });

  it('says which kinds of attack are found with it', () => {
    const scores = new Float64Array(ROWS);
    // Windows 10 and 30 of ap-1 are the only ones that score.
    scores[20] = 0.8;
    scores[60] = 0.7;
    const episode = (slot: number, kind: string): Episode => ({
      devices: ['ap-1'],
      startMs: 300_000 * slot,
      endMs: 300_000 * (slot + 1),
      kind,
      isAnomaly: true,
    });
    const episodes = [episode(10, 'flood'), episode(100, 'flood'), episode(30, 'evil_twin')];
    const budget = alertBudget(Float64Array.from(scores).sort(), WINDOWS, 1)!;
    expect(episodesAtBudget(budget, 'ground_truth', WINDOWS, scores, episodes)).toMatchObject({
      label_source: 'ground_truth',
      alerts_per_day_per_device: 1,
      alerts: 2,
      hit: 2,
      false_alerts: 0,
      recall_by_kind: { flood: 0.5, evil_twin: 1 },
    });
  });
});
