import type { FoundPlace } from './finding-log.js';
import { countText } from './finding-messages.js';
import { longerDoubles, longerIntegers, roomFor } from './typed-columns.js';
import type { ClockStats, DeviceClock } from './validation-report.js';

/** Comparisons that are remembered: 7 MB, enough for an export of 30 GB. */
const MAX_SAMPLES = 250_000;
const LISTED_DEVICES = 20;
const QUARTER_HOUR = 900;
/** The time zones in use. */
const MIN_ZONE = -12 * 3600;
const MAX_ZONE = 14 * 3600;
/** Lines take a moment to arrive, and clocks drift a little between two corrections. */
const TOLERANCE = 120;
/** Summer time moves a clock by an hour; more than this from a device's usual offset is a jump. */
const JUMP = 90 * 60;
const MAX_EXAMPLES = 5;

export interface ClockTotalsState {
  readonly file: Int32Array;
  readonly device: Int32Array;
  readonly offset: Float64Array;
  readonly recordIndex: Float64Array;
  readonly byteOffset: Float64Array;
}

/** What the comparisons say, for the report. */
export interface ClockResult {
  readonly stats: ClockStats;
  /** Devices whose clock is off by something that is no time zone, with a line of each of the first five. */
  readonly off: { readonly count: number; readonly places: readonly FoundPlace[] };
  /** Lines on which a clock has jumped away from where it usually is. */
  readonly jumps: { readonly count: number; readonly places: readonly FoundPlace[] };
}

/** Remembers by how much the clocks of the senders differ from the arrival times. */
export class ClockTotals {
  private count = 0;
  private file: Int32Array = new Int32Array(64);
  private device: Int32Array = new Int32Array(64);
  private offset: Float64Array = new Float64Array(64);
  private recordIndex: Float64Array = new Float64Array(64);
  private byteOffset: Float64Array = new Float64Array(64);

  /** @param offsetSeconds device clock minus arrival */
  add(file: number, device: number, offsetSeconds: number, recordIndex: number, byteOffset: number): void {
    if (this.count >= MAX_SAMPLES) return;
    if (this.count === this.file.length) this.grow();
    const at = this.count++;
    this.file[at] = file;
    this.device[at] = device;
    this.offset[at] = offsetSeconds;
    this.recordIndex[at] = recordIndex;
    this.byteOffset[at] = byteOffset;
  }

  exportState(): ClockTotalsState {
    const { count } = this;
    return {
      file: this.file.slice(0, count),
      device: this.device.slice(0, count),
      offset: this.offset.slice(0, count),
      recordIndex: this.recordIndex.slice(0, count),
      byteOffset: this.byteOffset.slice(0, count),
    };
  }

  /** @param moved the place of one of their records in our files */
  absorb(state: ClockTotalsState, deviceIds: Int32Array, moved: (place: FoundPlace) => FoundPlace): void {
    for (let i = 0; i < state.file.length; i++) {
      const place = moved({
        file: state.file[i],
        recordIndex: state.recordIndex[i],
        byteOffset: state.byteOffset[i],
        detail: '',
      });
      this.add(place.file, deviceIds[state.device[i]], state.offset[i], place.recordIndex, place.byteOffset);
    }
  }

  result(name: (device: number) => string): ClockResult {
    const byDevice = new Map<number, number[]>();
    for (let i = 0; i < this.count; i++) {
      const samples = byDevice.get(this.device[i]);
      if (samples === undefined) byDevice.set(this.device[i], [i]);
      else samples.push(i);
    }
    const judged = [...byDevice].map(([device, samples]) => this.judge(name(device), samples));
    const off = judged.filter(({ clock }) => clock.state === 'off');
    const jumps = judged.flatMap(({ jumps }) => jumps);
    return {
      stats: {
        lines_checked: this.count,
        devices_checked: judged.length,
        devices_off: off.length,
        devices: judged
          .map(({ clock }) => clock)
          .sort(worstFirst)
          .slice(0, LISTED_DEVICES),
      },
      off: {
        count: off.length,
        // In the order of the files: samples are numbered in it.
        places: this.places(
          off.map(({ sample }) => sample),
          name,
        ),
      },
      jumps: { count: jumps.length, places: this.places(jumps, name) },
    };
  }

  private judge(
    device: string,
    samples: readonly number[],
  ): { clock: DeviceClock; sample: number; jumps: readonly number[] } {
    const offsets = Float64Array.from(samples, (i) => this.offset[i]).sort();
    // The lower middle one of an even number: a value that occurs, not one between two.
    const usual = offsets[(offsets.length - 1) >> 1];
    const jumps = samples.filter((i) => Math.abs(this.offset[i] - usual) > JUMP);
    const zone = Math.round(usual / QUARTER_HOUR) * QUARTER_HOUR;
    const isZone = zone >= MIN_ZONE && zone <= MAX_ZONE && Math.abs(usual - zone) <= TOLERANCE;
    const state = !isZone ? 'off' : zone === 0 ? 'in_step' : 'local_time';
    return {
      clock: {
        device,
        state,
        offset_seconds: usual,
        lines_checked: samples.length,
        lines_jumped: jumps.length,
        min_offset_seconds: offsets[0],
        max_offset_seconds: offsets[offsets.length - 1],
      },
      sample: samples.find((i) => this.offset[i] === usual) ?? samples[0],
      jumps,
    };
  }

  private places(samples: readonly number[], name: (device: number) => string): FoundPlace[] {
    return [...samples]
      .sort((a, b) => a - b)
      .slice(0, MAX_EXAMPLES)
      .map((i) => ({
        file: this.file[i],
        recordIndex: this.recordIndex[i],
        byteOffset: this.byteOffset[i],
        detail: `device ${name(this.device[i])}: its clock is ${offsetText(this.offset[i])}`,
      }));
  }

  private grow(): void {
    const room = roomFor(0, this.file.length);
    this.file = longerIntegers(this.file, room);
    this.device = longerIntegers(this.device, room);
    this.offset = longerDoubles(this.offset, room);
    this.recordIndex = longerDoubles(this.recordIndex, room);
    this.byteOffset = longerDoubles(this.byteOffset, room);
  }
}

const STATE_ORDER = ['off', 'local_time', 'in_step'] as const;

function worstFirst(a: DeviceClock, b: DeviceClock): number {
  return (
    STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state) ||
    b.lines_jumped - a.lines_jumped ||
    Math.abs(b.offset_seconds) - Math.abs(a.offset_seconds) ||
    (a.device < b.device ? -1 : 1)
  );
}

/** "3 h 20 min behind", "12 s ahead", "in step". */
export function offsetText(seconds: number): string {
  if (seconds === 0) return 'in step';
  return `${durationText(Math.abs(seconds))} ${seconds < 0 ? 'behind' : 'ahead'}`;
}

/** The two largest units of a duration: "13 days 4 h", "2 h", "1 min 5 s". */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const days = Math.floor(whole / 86_400);
  const parts: [number, string][] = [
    [days, days === 1 ? 'day' : 'days'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${countText(value)} ${unit}`)
    .join(' ');
}
