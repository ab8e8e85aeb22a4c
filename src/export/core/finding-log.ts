import { cleanName } from './field-decoder.js';
import type { FindingExample } from './validation-report.js';

const MAX_EXAMPLES = 5;
const MAX_DETAIL = 120;

export interface Tally {
  count: number;
  readonly examples: FindingExample[];
}

/** Counts what was noticed, by code, and keeps the first few places. Memory does not grow with the counts. */
export class FindingLog {
  private readonly tallies = new Map<string, Tally>();

  add(code: string, file: string, recordIndex: number, byteOffset: number, detail: string): void {
    let tally = this.tallies.get(code);
    if (tally === undefined) {
      tally = { count: 0, examples: [] };
      this.tallies.set(code, tally);
    }
    tally.count++;
    if (tally.examples.length < MAX_EXAMPLES) {
      const text = cleanName(detail.slice(0, MAX_DETAIL));
      tally.examples.push({ file, record_index: recordIndex, byte_offset: byteOffset, detail: text });
    }
  }

  get(code: string): Tally | undefined {
    return this.tallies.get(code);
  }

  codes(): string[] {
    return [...this.tallies.keys()];
  }
}
