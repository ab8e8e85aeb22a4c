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
  const from = minute * width;
  return someBin(low, from, from + width) || someBin(high, from - HALF, from - HALF + width);
}

/** Whether one of the bits [from, to) of a half is set; those outside of the half are nobody's. */
function someBin(half: number, from: number, to: number): boolean {
  const first = Math.max(0, from);
  const count = Math.min(HALF, to) - first;
  return count > 0 && ((half >>> first) & (2 ** count - 1)) !== 0;
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
   * @param low the first and
   * @param high the last thirty sixtieths of the window that hold a line
   * @param weights surprise of a silent minute at each hour
   */
  enter(device: number, index: number, hour: number, low: number, high: number, weights: Float64Array): void {
    const { counts, minutes, step } = this;
    const at = (device * step + (((index % step) + step) % step)) * HOURS;
    this.surprise = 0;
    for (let minute = 0; minute < minutes; minute++) {
      if (!isActive(low, high, minute, minutes)) {
        counts[at + hour]++;
      } else {
        // A loop is faster than fill() for so few. What was silent before is measured already.
        for (let i = at; i < at + HOURS; i++) counts[i] = 0;
        continue;
      }
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
