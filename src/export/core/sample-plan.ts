import { createRng, nextBelow, nextFloat, type RngState } from '../../shared/rng.js';
import type { SampleDevice, SampleDeviceKind } from './sample-devices.js';
import type { SampleKind } from './sample-lines.js';

export const SLICE_MS = 300_000;

export type SampleIntensity = 'subtle' | 'medium' | 'blatant' | 'benign';

/** One planted episode on one device. Times in milliseconds, end excluded. */
export interface SampleEpisode {
  readonly device: SampleDevice;
  readonly kind: SampleKind;
  readonly intensity: SampleIntensity;
  readonly startMs: number;
  readonly endMs: number;
  /** Lines planned in it. */
  readonly lines: number;
}

interface KindPlan {
  readonly kind: SampleKind;
  readonly on: readonly SampleDeviceKind[];
  readonly minutes: readonly [number, number];
  /** Lines a minute relative to the ordinary rate of a device, at intensity 1. */
  readonly factor: number;
}

const ANOMALIES: readonly KindPlan[] = [
  { kind: 'deauth_flood', on: ['openwrt', 'asus'], minutes: [10, 40], factor: 2 },
  { kind: 'psk_bruteforce', on: ['openwrt', 'asus'], minutes: [30, 90], factor: 1 },
  { kind: 'reboot_loop', on: ['openwrt'], minutes: [20, 45], factor: 2 },
  { kind: 'signal_degradation', on: ['client'], minutes: [40, 120], factor: 1 },
  { kind: 'reconnect_storm', on: ['openwrt', 'asus'], minutes: [15, 45], factor: 2.5 },
  { kind: 'log_silence', on: ['openwrt', 'asus', 'client'], minutes: [60, 180], factor: 0 },
];
const BENIGN: KindPlan = { kind: 'scheduled_reboot', on: ['openwrt'], minutes: [5, 5], factor: 3 };
const INTENSITIES = ['medium', 'blatant', 'subtle'] as const;
const STRENGTH: Readonly<Record<SampleIntensity, number>> = { subtle: 1, medium: 3, blatant: 8, benign: 1 };
/** One episode of each kind in this many days. */
const DAYS_PER_EPISODE = 5;
/** Episodes may take this share of all lines. */
const MAX_EPISODE_SHARE = 0.3;
const TRIES = 200;
const PLAN_STREAM = 0;

export interface PlanInput {
  readonly devices: readonly SampleDevice[];
  readonly seed: number;
  readonly startMs: number;
  readonly days: number;
  readonly entries: number;
}

/** Places the episodes: no two on one device within two hours of each other, none at the edges. */
export function planEpisodes(input: PlanInput): SampleEpisode[] {
  const { devices, days, entries, seed } = input;
  const rng = createRng(seed, PLAN_STREAM);
  const perKind = Math.max(1, Math.round(days / DAYS_PER_EPISODE));
  const linesPerMinute = entries / (days * 1440 * devices.length);
  const episodes: SampleEpisode[] = [];
  for (let round = 0; round < perKind; round++) {
    for (const [k, plan] of [...ANOMALIES, BENIGN].entries()) {
      const intensity = plan === BENIGN ? 'benign' : INTENSITIES[(round + k) % INTENSITIES.length];
      const placed = place(rng, plan, input, episodes);
      if (placed === null) continue;
      const minutes = (placed.endMs - placed.startMs) / 60_000;
      const rate = plan.factor * STRENGTH[intensity] * Math.max(linesPerMinute, 0.2);
      episodes.push({ ...placed, kind: plan.kind, intensity, lines: Math.round(rate * minutes) });
    }
  }
  const planned = episodes.reduce((sum, { lines }) => sum + lines, 0);
  const scale = Math.min(1, (entries * MAX_EPISODE_SHARE) / Math.max(1, planned));
  return episodes
    .map((episode) => ({ ...episode, lines: Math.floor(episode.lines * scale) }))
    .sort((a, b) => a.startMs - b.startMs || a.device.id - b.device.id);
}

function place(
  rng: RngState,
  plan: KindPlan,
  { devices, startMs, days }: PlanInput,
  taken: readonly SampleEpisode[],
): Pick<SampleEpisode, 'device' | 'startMs' | 'endMs'> | null {
  const candidates = devices.filter(({ kind }) => plan.on.includes(kind));
  if (candidates.length === 0) return null;
  const margin = 2 * 3_600_000;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const device = candidates[nextBelow(rng, candidates.length)];
    const [shortest, longest] = plan.minutes;
    const length = (shortest + nextBelow(rng, longest - shortest + 1)) * 60_000;
    const room = days * 86_400_000 - 2 * margin - length;
    if (room <= 0) return null;
    const begin = startMs + margin + Math.floor(nextFloat(rng) * (room / 1000)) * 1000;
    const end = begin + length;
    const free = taken.every(
      (other) => other.device !== device || other.startMs > end + margin || other.endMs < begin - margin,
    );
    if (free) return { device, startMs: begin, endMs: end };
  }
  return null;
}
