/** Up to so many, insertion is the fastest way to sort. */
const FEW = 24;

/** A growing list of whole seconds. */
export class Moments {
  count = 0;
  seconds = new Int32Array(16);

  add(second: number): void {
    if (this.count === this.seconds.length) {
      const seconds = new Int32Array(2 * this.count);
      seconds.set(this.seconds);
      this.seconds = seconds;
    }
    this.seconds[this.count++] = second;
  }

  /** Adds the seconds of a mask; bit 0 = second `first`. */
  addMask(mask: number, first: number): void {
    for (let bits = mask, second = first; bits !== 0; bits >>>= 1, second++) {
      if ((bits & 1) === 1) this.add(second);
    }
  }

  clear(): void {
    this.count = 0;
  }

  sort(): void {
    const { seconds, count } = this;
    if (count > FEW) {
      seconds.subarray(0, count).sort();
      return;
    }
    for (let i = 1; i < count; i++) {
      const second = seconds[i];
      let at = i;
      for (; at > 0 && seconds[at - 1] > second; at--) seconds[at] = seconds[at - 1];
      seconds[at] = second;
    }
  }

  /** The last one up to a given second, if they ascend; -Infinity = none. */
  latest(until: number): number {
    for (let i = this.count - 1; i >= 0; i--) if (this.seconds[i] <= until) return this.seconds[i];
    return -Infinity;
  }
}
