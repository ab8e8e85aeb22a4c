import { createRng, nextFloat, type RngState } from '../../src/shared/rng.js';

/** Header and rows of a table as a test writes it. */
export interface TextTable {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function normal(rng: RngState): number {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += nextFloat(rng);
  return sum;
}

/** 800 rows of four measurements in which every twentieth is far away in all of them; `label` says which. */
export function labelledTable(rows = 800): TextTable {
  const rng = createRng(11);
  return {
    names: ['temperature', 'fan speed', 'load', 'volts', 'label'],
    rows: Array.from({ length: rows }, (_, row) => {
      const isAnomaly = row % 20 === 7;
      const values = Array.from({ length: 4 }, () => normal(rng) + (isAnomaly ? 8 : 0));
      return [...values.map((value) => value.toFixed(4)), isAnomaly ? '1' : '0'];
    }),
  };
}

export function withoutColumn({ names, rows }: TextTable, column: string): TextTable {
  const at = names.indexOf(column);
  return {
    names: names.filter((_, i) => i !== at),
    rows: rows.map((row) => row.filter((_, i) => i !== at)),
  };
}

export function reversedColumns({ names, rows }: TextTable): TextTable {
  return { names: names.toReversed(), rows: rows.map((row) => row.toReversed()) };
}

export function asTable({ names, rows }: TextTable, delimiter = ','): string {
  return [names, ...rows].map((row) => `${row.join(delimiter)}\n`).join('');
}
