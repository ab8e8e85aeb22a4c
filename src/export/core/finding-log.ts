import { cleanName } from './field-decoder.js';

const MAX_EXAMPLES = 5;
const MAX_DETAIL = 120;

/** A place in the files; `file` counts the files of the report. */
export interface FoundPlace {
  readonly file: number;
  readonly recordIndex: number;
  readonly byteOffset: number;
  readonly detail: string;
}

/** How often something was found, and where first (in the order of the files and their records). */
export interface Tally {
  count: number;
  readonly places: FoundPlace[];
}

export type FindingLogState = readonly (readonly [code: string, tally: Tally])[];

/** Counts what was noticed, by code, and keeps the first few places. Memory does not grow with the counts. */
export class FindingLog {
  private readonly tallies = new Map<string, Tally>();

  add(code: string, place: FoundPlace): void {
    const tally = this.tally(code);
    tally.count++;
    if (tally.places.length < MAX_EXAMPLES) tally.places.push(clean(place));
  }

  /** Adds to a count alone: for codes whose places {@link wantsPlace} does not ask for any more. */
  addCount(code: string, count: number): void {
    if (count > 0) this.tally(code).count += count;
  }

  /** Whether the next place of this code is one of the few that are kept: no need to describe it otherwise. */
  wantsPlace(code: string): boolean {
    return (this.tallies.get(code)?.places.length ?? 0) < MAX_EXAMPLES;
  }

  get(code: string): Tally | undefined {
    return this.tallies.get(code);
  }

  exportState(): FindingLogState {
    return [...this.tallies].map(([code, { count, places }]) => [code, { count, places: [...places] }]);
  }

  /** Adds the findings of the records that follow; `moved` gives their places in the files of this log. */
  absorb(state: FindingLogState, moved: (place: FoundPlace) => FoundPlace): void {
    for (const [code, { count, places }] of state) {
      const tally = this.tally(code);
      tally.count += count;
      tally.places.push(...places.map(moved));
      // Places found at the border between two parts may stand between those of the second part.
      tally.places.sort((a, b) => a.file - b.file || a.recordIndex - b.recordIndex);
      tally.places.splice(MAX_EXAMPLES);
    }
  }

  private tally(code: string): Tally {
    let tally = this.tallies.get(code);
    if (tally === undefined) {
      tally = { count: 0, places: [] };
      this.tallies.set(code, tally);
    }
    return tally;
  }
}

function clean(place: FoundPlace): FoundPlace {
  return { ...place, detail: cleanName(place.detail.slice(0, MAX_DETAIL)) };
}
