import { createRng, hashSeed, nextFloat, type RngState } from '../../shared/rng.js';
import { createSampleDevices, type SampleDevice } from './sample-devices.js';
import { backgroundEvent, episodeEvent, type SampleKind, type SampleLine } from './sample-lines.js';
import { planEpisodes, SLICE_MS, type SampleEpisode, type SampleIntensity } from './sample-plan.js';
import { DAY_MS, formatTimestamp } from './timestamp.js';

export interface SampleOptions {
  /** Lines to write; exactly that many come out. */
  readonly entries: number;
  readonly days: number;
  readonly devices: number;
  readonly seed: number;
  /** First instant; a multiple of 5 minutes keeps slices and windows aligned. */
  readonly startMs: number;
  /** Plant episodes (and write labels); false = ordinary life only. */
  readonly anomalies: boolean;
}

export interface SampleRecord {
  /** 1-based, in time order. */
  readonly id: number;
  readonly timestampMs: number;
  readonly device: SampleDevice;
  readonly program: string;
  /** Process id, 0 for programs that log none. */
  readonly pid: number;
  readonly facility: number;
  readonly level: number;
  readonly message: string;
}

/** A row of the labels file. `is_anomaly` 0 = unusual but harmless. */
export interface SampleLabel {
  readonly device_id: number;
  readonly device: string;
  readonly start: string;
  readonly end: string;
  readonly kind: SampleKind;
  readonly is_anomaly: 0 | 1;
  readonly intensity: SampleIntensity;
}

interface TimedLine extends SampleLine {
  readonly atMs: number;
  readonly device: SampleDevice;
}

const SLICE_STREAM = 1000;
const HOUR_STREAM = 0x5a5a;

/** The planted episodes of the sample that {@link generateSample} makes of the same options. */
export function sampleLabels(options: SampleOptions): SampleLabel[] {
  return episodesOf(options, createSampleDevices(options.devices, options.seed)).map((episode) => ({
    device_id: episode.device.id,
    device: episode.device.deviceIp,
    start: formatTimestamp(episode.startMs),
    end: formatTimestamp(episode.endMs),
    kind: episode.kind,
    is_anomaly: episode.intensity === 'benign' ? 0 : 1,
    intensity: episode.intensity,
  }));
}

/**
 * A small labelled sample of home and office WiFi, line by line in time order: OpenWrt access points (hostapd), an ASUS
 * router (wlceventd) and a Linux client (wpa_supplicant), with daily and weekend curves. The wording follows the event
 * catalogue (hostap, Broadcom and kernel formats); addresses and names are made up. Equal options give equal lines.
 * Memory does not grow with `entries`.
 */
export function* generateSample(options: SampleOptions): Generator<SampleRecord> {
  const { entries, days, seed, startMs } = options;
  const devices = createSampleDevices(options.devices, seed);
  const episodes = episodesOf(options, devices);
  const planned = episodes.reduce((sum, { lines }) => sum + lines, 0);
  const slices = Math.max(1, Math.round((days * DAY_MS) / SLICE_MS));
  let totalWeight = 0;
  for (let slice = 0; slice < slices; slice++)
    totalWeight += sliceWeights(options, devices, episodes, slice).total;

  let id = 0;
  let weightSoFar = 0;
  let backgroundSoFar = 0;
  for (let slice = 0; slice < slices; slice++) {
    const rng = createRng(seed, SLICE_STREAM + slice);
    const begin = startMs + slice * SLICE_MS;
    const lines: TimedLine[] = [];
    const { weights } = sliceWeights(options, devices, episodes, slice);
    devices.forEach((device, d) => {
      // Rounding the running total, not each share, makes the sum exact.
      weightSoFar += weights[d];
      const target = Math.round(((entries - planned) * weightSoFar) / totalWeight);
      fill(lines, target - backgroundSoFar, device, rng, begin, begin + SLICE_MS, backgroundEvent);
      backgroundSoFar = target;
    });
    for (const episode of episodes) fillEpisode(lines, episode, rng, begin);
    // Stable sort: lines of one millisecond keep their order.
    lines.sort((a, b) => a.atMs - b.atMs);
    for (const { atMs, device, program, pid, facility, level, message } of lines) {
      id++;
      yield { id, timestampMs: atMs, device, program, pid, facility, level, message };
    }
  }
}

function episodesOf(options: SampleOptions, devices: readonly SampleDevice[]): SampleEpisode[] {
  return options.anomalies ? planEpisodes({ ...options, devices }) : [];
}

/** Expected activity of each device in one slice: hour of day, weekend, hourly chance, silence. */
function sliceWeights(
  { seed, startMs }: SampleOptions,
  devices: readonly SampleDevice[],
  episodes: readonly SampleEpisode[],
  slice: number,
): { weights: number[]; total: number } {
  const begin = startMs + slice * SLICE_MS;
  const hour = Math.floor(begin / 3_600_000);
  const ofDay = (begin % DAY_MS) / 3_600_000;
  // 1970-01-01 was a Thursday: day 2 and 3 of that week are the weekend.
  const weekend = [2, 3].includes(Math.floor(begin / DAY_MS) % 7);
  const evening = Math.exp(-(((ofDay - 20) / 3) ** 2));
  const daytime = Math.exp(-(((ofDay - (weekend ? 15 : 11)) / 4) ** 2));
  const curve = 0.25 + evening + 0.8 * daytime;
  const weights = devices.map((device) => {
    const chance = (hashSeed(hashSeed(seed, HOUR_STREAM + device.id), hour) / 2 ** 32) * 0.8 + 0.6;
    const quiet = episodes.some(
      ({ device: on, kind, startMs: from, endMs }) =>
        on === device && kind === 'log_silence' && from < begin + SLICE_MS && endMs > begin,
    );
    return quiet ? 0 : device.rate * curve * chance;
  });
  return { weights, total: weights.reduce((sum, weight) => sum + weight, 0) };
}

/** Adds exactly `count` lines of whole events within [begin, end); the last event may be cut. */
function fill(
  lines: TimedLine[],
  count: number,
  device: SampleDevice,
  rng: RngState,
  begin: number,
  end: number,
  event: (rng: RngState, device: SampleDevice) => SampleLine[],
): void {
  let missing = count;
  while (missing > 0) {
    const at = begin + Math.floor(nextFloat(rng) * (end - begin));
    for (const line of event(rng, device).slice(0, missing)) {
      lines.push({ ...line, atMs: Math.min(end - 1, at + line.delayMs), device });
      missing--;
    }
  }
}

/** The share of an episode's lines that falls into the slice. */
function fillEpisode(lines: TimedLine[], episode: SampleEpisode, rng: RngState, sliceBegin: number): void {
  const begin = Math.max(sliceBegin, episode.startMs);
  const end = Math.min(sliceBegin + SLICE_MS, episode.endMs);
  if (begin >= end || episode.lines === 0) return;
  const length = episode.endMs - episode.startMs;
  const before = Math.round((episode.lines * (begin - episode.startMs)) / length);
  const after = Math.round((episode.lines * (end - episode.startMs)) / length);
  fill(lines, after - before, episode.device, rng, begin, end, (state, on) =>
    episodeEvent(state, on, episode.kind),
  );
}
