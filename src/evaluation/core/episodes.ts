/** A stretch of time that a labels file names, for one device. */
export interface Episode {
  /** Names the device may have in the windows (device_id as text, host name); the window's device must be one. */
  readonly devices: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly kind: string;
  /** False = unusual but benign: an alert on it is a false one. */
  readonly isAnomaly: boolean;
}

/** The windows to count over; rows in any order. */
export interface EpisodeWindows {
  /** Device names; `'*'` = all devices pooled, which matches every episode. */
  readonly devices: readonly string[];
  /** Row -> index into `devices`. */
  readonly deviceIndex: Int32Array;
  /** Row -> window start, ms since the epoch. */
  readonly startMs: Float64Array;
  readonly windowSeconds: number;
}

export interface KindCount {
  readonly episodes: number;
  readonly hit: number;
}

/** Counts of an evaluation by episodes. JSON names: this goes into reports as it is. */
export interface EpisodeCounts {
  /** Anomalous episodes that overlap a window of their device. */
  readonly episodes: number;
  readonly hit: number;
  /** hit / episodes; null without an episode. */
  readonly episode_recall: number | null;
  readonly alerts: number;
  readonly false_alerts: number;
  /** Those of the false alerts that overlap a benign unusual episode. */
  readonly false_alerts_on_benign: number;
  /** (alerts - false alerts) / alerts; null without an alert. */
  readonly alert_precision: number | null;
  readonly by_kind: Readonly<Record<string, KindCount>>;
  /** Anomalous episodes of which no window is in the evaluated part: not counted. */
  readonly episodes_outside: number;
}

/** Context features look back this far, so an alert up to here after the end is still about the episode. */
export const EPISODE_GRACE_SECONDS = 1800;

/** Windows row numbers per device name, for looking episodes up without a scan of all rows. */
function rowsByDevice(windows: EpisodeWindows): Map<string, number[]> {
  const rows = windows.devices.map((): number[] => []);
  for (let row = 0; row < windows.startMs.length; row++) rows[windows.deviceIndex[row]].push(row);
  return new Map(windows.devices.map((device, i) => [device, rows[i]]));
}

function rowsOf(episode: Episode, byDevice: Map<string, number[]>): number[] {
  const names = new Set([...episode.devices, '*']);
  return [...names].flatMap((name) => byDevice.get(name) ?? []);
}

/** Half-open intervals overlap; an episode without duration counts as one millisecond. */
function overlaps(startMs: number, windowMs: number, episode: Episode, graceMs: number): boolean {
  const endMs = Math.max(episode.endMs, episode.startMs + 1) + graceMs;
  return startMs < endMs && startMs + windowMs > episode.startMs;
}

/**
 * Ground truth per window: 1 when the window overlaps an anomalous episode of its device, without any grace.
 *
 * @returns length n, in the order of `windows`
 */
export function windowLabels(windows: EpisodeWindows, episodes: readonly Episode[]): Uint8Array {
  const labels = new Uint8Array(windows.startMs.length);
  const byDevice = rowsByDevice(windows);
  const windowMs = windows.windowSeconds * 1000;
  for (const episode of episodes) {
    if (!episode.isAnomaly) continue;
    for (const row of rowsOf(episode, byDevice)) {
      if (overlaps(windows.startMs[row], windowMs, episode, 0)) labels[row] = 1;
    }
  }
  return labels;
}

/**
 * Episodes for labels that name windows: each unbroken run of labelled windows of a device is one.
 *
 * @param windows rows in time order
 */
export function episodesOfWindowLabels(windows: EpisodeWindows, labels: Uint8Array): Episode[] {
  const windowMs = windows.windowSeconds * 1000;
  const episodes: Episode[] = [];
  for (const [device, rows] of rowsByDevice(windows)) {
    let startMs = Number.NaN;
    let endMs = Number.NaN;
    const close = (): void => {
      if (!Number.isNaN(startMs))
        episodes.push({ devices: [device], startMs, endMs, kind: 'labelled', isAnomaly: true });
      startMs = Number.NaN;
    };
    for (const row of rows) {
      const windowStart = windows.startMs[row];
      // A missing window ends a run as an unlabelled one does.
      if (labels[row] !== 1 || windowStart > endMs) close();
      if (labels[row] !== 1) continue;
      if (Number.isNaN(startMs)) startMs = windowStart;
      endMs = windowStart + windowMs;
    }
    close();
  }
  return episodes;
}

/**
 * Counts detection by episodes and alerts. An alert is a flagged window. It is false when it overlaps no anomalous
 * episode of its device, an episode counting until `graceSeconds` after its end. An anomalous episode is hit when
 * any alert overlaps the episode itself: the grace forgives a late alert, it does not earn a hit.
 *
 * @param alerts row -> 1 = flagged; same order as `windows`
 */
export function countEpisodes(
  windows: EpisodeWindows,
  alerts: Uint8Array,
  episodes: readonly Episode[],
  graceSeconds: number = EPISODE_GRACE_SECONDS,
): EpisodeCounts {
  const byDevice = rowsByDevice(windows);
  const windowMs = windows.windowSeconds * 1000;
  const graceMs = graceSeconds * 1000;
  const explained = new Uint8Array(alerts.length);
  const benign = new Uint8Array(alerts.length);
  const kinds = new Map<string, { episodes: number; hit: number }>();
  let outside = 0;

  for (const episode of episodes) {
    let inside = false;
    let hit = false;
    for (const row of rowsOf(episode, byDevice)) {
      const startMs = windows.startMs[row];
      if (!overlaps(startMs, windowMs, episode, graceMs)) continue;
      if (episode.isAnomaly) explained[row] = 1;
      else benign[row] = 1;
      if (overlaps(startMs, windowMs, episode, 0)) {
        inside = true;
        if (alerts[row] === 1) hit = true;
      }
    }
    if (!episode.isAnomaly) continue;
    if (!inside) {
      outside++;
      continue;
    }
    const count = kinds.get(episode.kind) ?? { episodes: 0, hit: 0 };
    kinds.set(episode.kind, { episodes: count.episodes + 1, hit: count.hit + Number(hit) });
  }
  return { ...summarise(alerts, explained, benign, kinds), episodes_outside: outside };
}

function summarise(
  alerts: Uint8Array,
  explained: Uint8Array,
  benign: Uint8Array,
  kinds: Map<string, KindCount>,
): Omit<EpisodeCounts, 'episodes_outside'> {
  let total = 0;
  let wrong = 0;
  let onBenign = 0;
  for (let row = 0; row < alerts.length; row++) {
    if (alerts[row] !== 1) continue;
    total++;
    if (explained[row] === 1) continue;
    wrong++;
    onBenign += benign[row];
  }
  const counts = [...kinds.values()];
  const episodes = counts.reduce((sum, kind) => sum + kind.episodes, 0);
  const hit = counts.reduce((sum, kind) => sum + kind.hit, 0);
  return {
    episodes,
    hit,
    episode_recall: episodes === 0 ? null : hit / episodes,
    alerts: total,
    false_alerts: wrong,
    false_alerts_on_benign: onBenign,
    alert_precision: total === 0 ? null : (total - wrong) / total,
    by_kind: Object.fromEntries([...kinds].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
