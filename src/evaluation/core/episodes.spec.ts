import { describe, expect, it } from 'vitest';
import {
  countEpisodes,
  episodesOfWindowLabels,
  windowLabels,
  type Episode,
  type EpisodeWindows,
} from './episodes.js';

const T0 = Date.UTC(2024, 0, 1);
const minute = (m: number): number => T0 + m * 60_000;

/** Twelve 5-minute windows (one hour) of devices ap-1 and ap-2, by slot. */
const WINDOWS: EpisodeWindows = {
  devices: ['ap-1', 'ap-2'],
  deviceIndex: Int32Array.from({ length: 24 }, (_, row) => row % 2),
  startMs: Float64Array.from({ length: 24 }, (_, row) => minute(5 * Math.floor(row / 2))),
  windowSeconds: 300,
};

const episode = (from: number, to: number, parts: Partial<Episode> = {}): Episode => ({
  devices: ['ap-1'],
  startMs: minute(from),
  endMs: minute(to),
  kind: 'deauth_flood',
  isAnomaly: true,
  ...parts,
});

/** Alerts of ap-1 at these slots, of ap-2 at those. */
function alerts(first: readonly number[], second: readonly number[] = []): Uint8Array {
  const flags = new Uint8Array(24);
  for (const slot of first) flags[2 * slot] = 1;
  for (const slot of second) flags[2 * slot + 1] = 1;
  return flags;
}

describe('episodes and alerts', () => {
  it('counts a hit, a miss and a false alert', () => {
    const episodes = [episode(7, 12), episode(50, 55, { devices: ['ap-2'], kind: 'evil_twin' })];
    const counts = countEpisodes(WINDOWS, alerts([1, 2], [3]), episodes);
    expect(counts).toEqual({
      episodes: 2,
      hit: 1,
      episode_recall: 0.5,
      alerts: 3,
      false_alerts: 1,
      false_alerts_on_benign: 0,
      alert_precision: 2 / 3,
      by_kind: { deauth_flood: { episodes: 1, hit: 1 }, evil_twin: { episodes: 1, hit: 0 } },
      episodes_outside: 0,
    });
  });

  it('forgives an alert until thirty minutes after the end, without counting it as a hit', () => {
    // The episode ends at minute 5: grace until minute 35; slot 6 is 30-35, slot 7 is 35-40.
    const late = countEpisodes(WINDOWS, alerts([6]), [episode(0, 5)]);
    expect(late).toMatchObject({ hit: 0, false_alerts: 0, alert_precision: 1 });
    expect(countEpisodes(WINDOWS, alerts([7]), [episode(0, 5)])).toMatchObject({ hit: 0, false_alerts: 1 });
    expect(countEpisodes(WINDOWS, alerts([6]), [episode(0, 5)], 0).false_alerts).toBe(1);
  });

  it('treats borders as half-open: a window that ends where the episode starts does not overlap', () => {
    expect(countEpisodes(WINDOWS, alerts([0]), [episode(5, 10)])).toMatchObject({ hit: 0, false_alerts: 1 });
    expect(countEpisodes(WINDOWS, alerts([2]), [episode(5, 10)], 0)).toMatchObject({
      hit: 0,
      false_alerts: 1,
    });
    expect(countEpisodes(WINDOWS, alerts([1]), [episode(5, 5)], 0)).toMatchObject({
      hit: 1,
      false_alerts: 0,
    });
  });

  it('does not credit an alert of another device', () => {
    const counts = countEpisodes(WINDOWS, alerts([], [1]), [episode(5, 10)]);
    expect(counts).toMatchObject({ hit: 0, false_alerts: 1 });
  });

  it('knows a device under any of its names, and pools all in "*"', () => {
    expect(countEpisodes(WINDOWS, alerts([1]), [episode(5, 10, { devices: ['17', 'ap-1'] })]).hit).toBe(1);
    const pooled = { ...WINDOWS, devices: ['*'], deviceIndex: new Int32Array(24) };
    expect(countEpisodes(pooled, alerts([1]), [episode(5, 10, { devices: ['unknown'] })]).hit).toBe(1);
  });

  it('counts an alert on a benign episode as false', () => {
    const benign = episode(5, 10, { isAnomaly: false, kind: 'firmware_update' });
    const counts = countEpisodes(WINDOWS, alerts([1]), [benign]);
    expect(counts).toMatchObject({
      episodes: 0,
      episode_recall: null,
      false_alerts: 1,
      false_alerts_on_benign: 1,
    });
    expect(countEpisodes(WINDOWS, alerts([1]), [benign, episode(5, 10)])).toMatchObject({
      hit: 1,
      false_alerts: 0,
    });
  });

  it('leaves out episodes of which no window was evaluated', () => {
    const counts = countEpisodes(WINDOWS, alerts([]), [
      episode(200, 210),
      episode(5, 10, { devices: ['ap-9'] }),
    ]);
    expect(counts).toMatchObject({ episodes: 0, episodes_outside: 2, alert_precision: null });
  });
});

describe('window labels', () => {
  it('marks windows that overlap an anomalous episode, without grace', () => {
    const labels = windowLabels(WINDOWS, [episode(7, 12), episode(30, 40, { isAnomaly: false })]);
    expect([...labels].flatMap((label, row) => (label ? [row] : []))).toEqual([2, 4]);
  });

  it('become episodes again, one for each run of a device', () => {
    const labels = alerts([1, 2, 5], [11]);
    expect(episodesOfWindowLabels(WINDOWS, labels)).toEqual([
      episode(5, 15, { kind: 'labelled' }),
      episode(25, 30, { kind: 'labelled' }),
      episode(55, 60, { kind: 'labelled', devices: ['ap-2'] }),
    ]);
    expect(windowLabels(WINDOWS, episodesOfWindowLabels(WINDOWS, labels))).toEqual(labels);
  });
});
