import { AppError } from '../../shared/errors.js';
import { pairHash } from './pair-hash.js';

export interface EarliestState {
  readonly owners: Int32Array;
  readonly ids: Int32Array;
  readonly windows: Float64Array;
}

const MIN_CELLS = 1024;
/** 16 bytes a cell, at most five eighths full: 128 MB at the limit. */
const MAX_PAIRS = 4_000_000;

/** The earliest window in which an owner showed an id: an open-addressed table of (owner, id) -> window index. */
export class EarliestWindows {
  private owners = new Int32Array(MIN_CELLS).fill(-1);
  private ids = new Int32Array(MIN_CELLS);
  private windows = new Float64Array(MIN_CELLS);
  private used = 0;

  /**
   * Remembers the window if it is the earliest so far.
   *
   * @throws AppError `export_invalid` (reason `too_many_programs`) when the devices show too many programs in all
   */
  note(owner: number, id: number, window: number): void {
    const cell = this.cellOf(owner, id);
    if (this.owners[cell] >= 0) {
      if (window < this.windows[cell]) this.windows[cell] = window;
      return;
    }
    this.owners[cell] = owner;
    this.ids[cell] = id;
    this.windows[cell] = window;
    if (++this.used > MAX_PAIRS) refuse();
    if (this.used * 8 > this.owners.length * 5) this.grow();
  }

  forEach(visit: (owner: number, id: number, window: number) => void): void {
    const { owners, ids, windows } = this;
    for (let cell = 0; cell < owners.length; cell++) {
      if (owners[cell] >= 0) visit(owners[cell], ids[cell], windows[cell]);
    }
  }

  export(): EarliestState {
    const state = {
      owners: new Int32Array(this.used),
      ids: new Int32Array(this.used),
      windows: new Float64Array(this.used),
    };
    let at = 0;
    this.forEach((owner, id, window) => {
      state.owners[at] = owner;
      state.ids[at] = id;
      state.windows[at++] = window;
    });
    return state;
  }

  /** Cell of a pair, or the empty one where it belongs. */
  private cellOf(owner: number, id: number): number {
    const mask = this.owners.length - 1;
    let cell = pairHash(owner, id) & mask;
    while (this.owners[cell] >= 0 && (this.owners[cell] !== owner || this.ids[cell] !== id)) {
      cell = (cell + 1) & mask;
    }
    return cell;
  }

  private grow(): void {
    const { owners, ids, windows } = this;
    this.owners = new Int32Array(owners.length * 2).fill(-1);
    this.ids = new Int32Array(owners.length * 2);
    this.windows = new Float64Array(owners.length * 2);
    for (let from = 0; from < owners.length; from++) {
      if (owners[from] < 0) continue;
      const cell = this.cellOf(owners[from], ids[from]);
      this.owners[cell] = owners[from];
      this.ids[cell] = ids[from];
      this.windows[cell] = windows[from];
    }
  }
}

function refuse(): never {
  throw new AppError(
    'export_invalid',
    `The devices of the export show more than ${MAX_PAIRS} different programs in all.`,
    {
      hint: 'Check what the exporter writes into process_name (program, source): numbers that change belong elsewhere.',
      details: { reason: 'too_many_programs' },
    },
  );
}
