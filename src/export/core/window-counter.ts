import { AppError } from '../../shared/errors.js';

/** Windows in one page: 16 words of 32 bits. */
const PAGE_WINDOWS = 512;
const PAGE_WORDS = PAGE_WINDOWS / 32;
/** 400,000 pages are 26 MB of bits and about as much index. A 300-day export of 100 devices needs 17,000. */
const MAX_PAGES = 400_000;
/** Page numbers per device: 2^24 pages of 512 one-second windows are 272 years; the parser accepts 2000 to 2099. */
const DEVICE_STRIDE = 2 ** 24;

export interface WindowCounterState {
  /** Device and page of windows in one number, in the order of `bits`. */
  readonly keys: Float64Array;
  readonly bits: Uint32Array;
}

/**
 * Counts distinct (device, window) pairs in any order of arrival, with one bit a window. Memory is bounded: time
 * stamps scattered over decades are refused instead of filling the memory.
 */
export class WindowCounter {
  /** Distinct pairs so far. */
  count = 0;
  private bits = new Uint32Array(PAGE_WORDS * 64);
  private pages = 0;
  private readonly pageOf = new Map<number, number>();

  /** @throws AppError `export_invalid` when the pairs are too scattered to be counted in bounded memory */
  add(device: number, window: number): void {
    const page = Math.floor(window / PAGE_WINDOWS);
    const at = this.page(device * DEVICE_STRIDE + page);
    const bit = window - page * PAGE_WINDOWS;
    const word = at + (bit >>> 5);
    const mask = 1 << (bit & 31);
    if ((this.bits[word] & mask) === 0) {
      this.bits[word] |= mask;
      this.count++;
    }
  }

  exportState(): WindowCounterState {
    return {
      keys: Float64Array.from(this.pageOf.keys()),
      // Pages lie in the order in which their keys came.
      bits: this.bits.slice(0, this.pages * PAGE_WORDS),
    };
  }

  /** @param deviceIds our number of each of their devices */
  absorb({ keys, bits }: WindowCounterState, deviceIds: Int32Array): void {
    for (let theirs = 0; theirs < keys.length; theirs++) {
      const device = Math.floor(keys[theirs] / DEVICE_STRIDE);
      const page = keys[theirs] - device * DEVICE_STRIDE;
      const at = this.page(deviceIds[device] * DEVICE_STRIDE + page);
      for (let word = 0; word < PAGE_WORDS; word++) {
        const added = bits[theirs * PAGE_WORDS + word] & ~this.bits[at + word];
        this.bits[at + word] |= added;
        this.count += bitCount(added);
      }
    }
  }

  private page(key: number): number {
    let at = this.pageOf.get(key);
    if (at === undefined) {
      at = this.newPage();
      this.pageOf.set(key, at);
    }
    return at;
  }

  private newPage(): number {
    if (this.pages >= MAX_PAGES) {
      throw new AppError(
        'export_invalid',
        'The log lines are scattered over too many devices and dates to be windowed.',
        {
          hint: 'Check the timestamps and device_id values, or train on a date range with --start-date and --end-date.',
          details: { reason: 'too_scattered' },
        },
      );
    }
    const at = this.pages++ * PAGE_WORDS;
    if (at + PAGE_WORDS > this.bits.length) {
      const larger = new Uint32Array(this.bits.length * 2);
      larger.set(this.bits);
      this.bits = larger;
    }
    return at;
  }
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
