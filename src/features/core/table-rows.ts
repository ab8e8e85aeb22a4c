import type { FeatureTable } from './feature-table.js';

const ROWS_PER_BLOCK = 4096;
/** 1 GiB of float32: a table is held in memory as a whole. */
const MAX_VALUES = 1 << 28;

interface Block {
  readonly values: Float32Array;
  readonly startMs: Float64Array;
  readonly device: Int32Array;
}

/** Collects rows whose number nobody knows beforehand, in blocks, so that nothing is copied twice. */
export class TableRows {
  private readonly blocks: Block[] = [];
  private readonly devices = new Map<string, number>();
  private count = 0;
  private columns = 0;
  private block: Block | null = null;
  private rowStart = 0;

  constructor(private readonly maxRows: number) {}

  /** Rows that are taken. */
  get limit(): number {
    return this.columns === 0 ? this.maxRows : Math.min(this.maxRows, Math.floor(MAX_VALUES / this.columns));
  }

  /** Begins a row; false = there are too many. */
  begin(device: string, startMs: number, columns: number): boolean {
    this.columns = columns;
    if (this.count >= this.limit) return false;
    const at = this.count % ROWS_PER_BLOCK;
    if (at === 0) {
      this.block = {
        values: new Float32Array(ROWS_PER_BLOCK * columns),
        startMs: new Float64Array(ROWS_PER_BLOCK),
        device: new Int32Array(ROWS_PER_BLOCK),
      };
      this.blocks.push(this.block);
    }
    let id = this.devices.get(device);
    if (id === undefined) {
      id = this.devices.size;
      this.devices.set(device, id);
    }
    this.block!.startMs[at] = startMs;
    this.block!.device[at] = id;
    this.rowStart = at * columns;
    this.count++;
    return true;
  }

  /** A value of the row begun last. */
  set(feature: number, value: number): void {
    this.block!.values[this.rowStart + feature] = value;
  }

  /** The rows in the order they came. */
  finish(
    featureNames: readonly string[],
  ): Omit<FeatureTable, 'startMs' | 'labels'> & { readonly startMs: Float64Array } {
    const { count, devices, blocks } = this;
    const columns = featureNames.length;
    const names = [...devices.keys()].sort();
    const position = new Map(names.map((name, i) => [name, i]));
    const sortedIndex = Int32Array.from(devices.keys(), (name) => position.get(name)!);
    const values = new Float32Array(count * columns);
    const startMs = new Float64Array(count);
    const deviceIndex = new Int32Array(count);
    blocks.forEach((block, i) => {
      const from = i * ROWS_PER_BLOCK;
      const rows = Math.min(ROWS_PER_BLOCK, count - from);
      values.set(block.values.subarray(0, rows * columns), from * columns);
      startMs.set(block.startMs.subarray(0, rows), from);
      for (let row = 0; row < rows; row++) deviceIndex[from + row] = sortedIndex[block.device[row]];
    });
    return { featureNames, devices: names, deviceIndex, startMs, values, rowCount: count };
  }
}
