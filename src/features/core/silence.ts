/** Sixtieths of a window, of which it is known whether they hold a line. */
const BINS = 60;
const HALF = 30;
const HOURS = 24;

/**
 * Parts of a window that count as a minute of silence or of life: as many as the largest divisor of sixty that is not
 * above its minutes. Five in five minutes; a window of seven and a half has six of 75 seconds.
 */
export function minutesOf(lengthSeconds: number): number {
  let minutes = 1;
  for (let parts = 1; parts <= BINS; parts++) {
    if (BINS % parts === 0 && parts * 60 <= lengthSeconds) minutes = parts;
  }
  return minutes;
}

/** Whether minute `minute` of a window holds a line. */
export function isActive(low: number, high: number, minute: number, minutes: number): boolean {
  const width = BINS / minutes;
  for (let bin = minute * width; bin < (minute + 1) * width; bin++) {
    if (((bin < HALF ? low >>> bin : high >>> (bin - HALF)) & 1) === 1) return true;
  }
  return false;
}

/**
 * How long each device has been silent, and how surprising that is: a silent minute weighs what it is worth at its hour.
 * Whole minutes are counted by hour and multiplied once, so that the result does not depend on where a silence began.
 */
export class Silence {
  /** Of the silences that end in the current window or last beyond it, the most surprising one. */
  surprise = 0;
  private readonly minutes: number;
  /** Silent minutes by hour up to the end of the last window, of each device and each of the windows that overlap. */
  private readonly counts: Int32Array;

  /** @param step windows of the grid until one does not overlap */
  constructor(
    lengthSeconds: number,
    private readonly step: number,
    devices: number,
  ) {
    this.minutes = minutesOf(lengthSeconds);
    this.counts = new Int32Array(devices * step * HOURS);
  }

  /**
   * @param index of the window in the grid
   * @param weights surprise of a silent minute at each hour
   */
  enter(
    device: number,
    index: number,
    hour: number,
    bins: readonly [number, number],
    weights: Float64Array,
  ): void {
    const { counts, minutes, step } = this;
    const at = (device * step + (((index % step) + step) % step)) * HOURS;
    this.surprise = 0;
    for (let minute = 0; minute < minutes; minute++) {
      if (isActive(bins[0], bins[1], minute, minutes)) counts.fill(0, at, at + HOURS);
      else counts[at + hour]++;
      this.measure(at, weights);
    }
  }

  private measure(at: number, weights: Float64Array): void {
    let surprise = 0;
    for (let hour = 0; hour < HOURS; hour++) {
      surprise += this.counts[at + hour] * weights[hour];
    }
    if (surprise > this.surprise) this.surprise = surprise;
  }
}
