import { isFollowed } from './address-sample.js';
import type { ContextSums } from './context-sums.js';
import { COUNT_SHIFT } from './context-sums.js';
import { CONTEXT_INTEGERS } from './context-windows.js';
import { isActive, minutesOf } from './silence.js';
import { addressText, type DeviceState, type FeatureState } from './feature-state.js';
import type { FirstSeen } from './first-seen.js';
import type { GridRange } from './window-grid.js';
import type { WindowLedger } from './window-ledger.js';

export interface FitInput {
  readonly ledger: WindowLedger;
  readonly sums: ContextSums;
  readonly range: GridRange;
  /** Windows of the grid that belong to the training part: the first ones. */
  readonly trainingWindows: number;
  /** Owners of the devices and their names, in the order of the devices. */
  readonly owners: readonly number[];
  readonly names: readonly string[];
  /** Local hour, 0 to 23, in which a window of the grid begins. */
  readonly hourOf: (index: number) => number;
  readonly lengthSeconds: number;
}

const HOURS = 24;
/** Integer of a row with the lines of its window. */
const ROW_LOGS = 0;
/** Fewer readings of a client say nothing about where it usually is. */
const MIN_READINGS = 5;
/** Clients with readings of one device, and clients with a usual signal in all, that are followed; of more a sample. */
const MAX_CLIENTS = 8192;
const MAX_SIGNALS = 65_536;
/** Readings are 1 to 149 dB below 0 dBm. */
const LEVELS = 150;

/**
 * What the training part teaches: everything fitted comes from its windows alone. First arrivals are kept of the whole
 * input, because they are no fit: an address counts as known only after its time.
 */
export function fitState(input: FitInput): FeatureState {
  const { ledger, sums, trainingWindows, range, owners, names } = input;
  const minutes = minutesOf(input.lengthSeconds);
  const shared = new Hours(minutes);
  const hourly: Hours[] = [];
  const signals: Map<number, number>[] = [];
  for (const owner of owners) {
    const own = new Hours(minutes);
    const readings = new Readings();
    for (let window = 0; window < trainingWindows; window++) {
      const index = range.firstIndex + window;
      const row = -ledger.index.get(owner, index) - 1;
      const { columns, width } = ledger.rows;
      const hour = input.hourOf(index);
      const lines = row < 0 ? 0 : readRow(ledger, row, columns + ROW_LOGS);
      const low = row < 0 ? 0 : readRow(ledger, row, width - 2);
      const high = row < 0 ? 0 : readRow(ledger, row, width - 1);
      own.add(hour, lines, low, high);
      shared.add(hour, lines, low, high);
      if (row >= 0) readings.add(sums, readRow(ledger, row, width - CONTEXT_INTEGERS));
    }
    hourly.push(own);
    signals.push(readings.usual());
  }
  const kept = sampled(signals);
  const joined = byOwner(sums.joined);
  const accessPoints = byOwner(sums.accessPoints);
  const devices = owners.map((owner, device): readonly [string, DeviceState] => [
    names[device],
    {
      joined: joined.get(owner) ?? {},
      access_points: accessPoints.get(owner) ?? {},
      hourly_lines: hourly[device].medians(),
      silent_minutes: hourly[device].silentMinutes(),
      signals: sorted(kept[device]),
    },
  ]);
  return {
    joined_level: sums.joined.level,
    access_points_level: sums.accessPoints.level,
    hourly_lines: shared.medians(),
    silent_minutes: shared.silentMinutes(),
    devices: Object.fromEntries(devices),
  };
}

function readRow({ rows }: WindowLedger, row: number, at: number): number {
  return rows.ints[rows.block(row)][rows.offset(row) + at];
}

/** Windows by hour: how many had so many lines, and how many of their minutes had any. */
class Hours {
  private readonly counts = Array.from({ length: HOURS }, () => new Map<number, number>());
  private readonly active = new Float64Array(HOURS);
  private readonly total = new Float64Array(HOURS);

  /** @param minutes of a window */
  constructor(private readonly minutes: number) {}

  add(hour: number, lines: number, low: number, high: number): void {
    const counts = this.counts[hour];
    counts.set(lines, (counts.get(lines) ?? 0) + 1);
    this.total[hour] += this.minutes;
    for (let minute = 0; minute < this.minutes; minute++) {
      if (isActive(low, high, minute, this.minutes)) this.active[hour]++;
    }
  }

  /** -ln(1 - q), q = share of the minutes with a line by Laplace's rule of succession. */
  silentMinutes(): number[] {
    return Array.from(this.active, (active, hour) => -Math.log(1 - (active + 1) / (this.total[hour] + 2)));
  }

  medians(): (number | null)[] {
    return this.counts.map((counts) =>
      counts.size === 0 ? null : median([...counts].sort((a, b) => a[0] - b[0])),
    );
  }
}

/** Of values in ascending order with how often each occurs; the mean of the middle two of an even number. */
function median(counts: readonly (readonly [value: number, count: number])[]): number {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const at = (rank: number): number => {
    let before = 0;
    for (const [value, count] of counts) {
      before += count;
      if (rank < before) return value;
    }
    return NaN;
  };
  return (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2;
}

/** Signal readings of the clients of one device. */
class Readings {
  private readonly byClient = new Map<number, Int32Array>();
  private level = 0;

  add({ lists }: ContextSums, list: number): void {
    for (let i = lists.untaggedSize(list), size = lists.size(list); i < size; i++) {
      const place = lists.place(list, i);
      const address = lists.address(place);
      if (!isFollowed(address, this.level)) continue;
      let levels = this.byClient.get(address);
      if (levels === undefined) this.byClient.set(address, (levels = new Int32Array(LEVELS)));
      levels[lists.tag(place)] += lists.value(place) >>> COUNT_SHIFT;
    }
    while (this.byClient.size > MAX_CLIENTS) {
      this.level++;
      for (const address of this.byClient.keys()) {
        if (!isFollowed(address, this.level)) this.byClient.delete(address);
      }
    }
  }

  /** Median of each client with enough readings. */
  usual(): Map<number, number> {
    const usual = new Map<number, number>();
    for (const [address, levels] of this.byClient) {
      if (levels.reduce((sum, count) => sum + count, 0) < MIN_READINGS) continue;
      const counts = [...levels].map((count, level) => [-level, count] as const).reverse();
      usual.set(address, median(counts));
    }
    return usual;
  }
}

/** At most MAX_SIGNALS of them, by sample of the addresses. */
function sampled(signals: readonly Map<number, number>[]): Map<number, number>[] {
  for (let level = 0; ; level++) {
    const kept = signals.map((own) => new Map([...own].filter(([address]) => isFollowed(address, level))));
    if (kept.reduce((sum, { size }) => sum + size, 0) <= MAX_SIGNALS) return kept;
  }
}

function byOwner(seen: FirstSeen): Map<number, Record<string, number>> {
  const byOwner = new Map<number, Map<number, number>>();
  seen.forEach((owner, id, timeMs) => {
    const own = byOwner.get(owner) ?? new Map<number, number>();
    byOwner.set(owner, own.set(id, Math.floor(timeMs / 1000)));
  });
  return new Map([...byOwner].map(([owner, own]) => [owner, sorted(own)]));
}

function sorted(numbers: ReadonlyMap<number, number>): Record<string, number> {
  const entries = [...numbers].sort(([a], [b]) => a - b);
  return Object.fromEntries(entries.map(([address, number]) => [addressText(address), number]));
}
