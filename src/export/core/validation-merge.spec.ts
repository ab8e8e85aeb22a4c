import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowFeed, type PlainRow } from '../../../test/support/row-feed.js';
import type { FileTracker } from './file-tracker.js';
import { ROW } from './record-batch.js';
import { ValidationCollector, type CollectorOptions } from './validation-collector.js';
import type { ValidationReport } from './validation-report.js';

const START = Date.UTC(2025, 5, 2);
const MINUTE = 60_000;

/** One thing that a parser reports, in the order of the file. */
type Event = { readonly row: PlainRow } | { readonly invalid: string } | { readonly note: string };

type Files = readonly (readonly Event[])[];
type Settings = Partial<CollectorOptions>;

const clock = (minutes: number): string =>
  `<29>Jun  2 ${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:00 h p: x`;

// Few different values, so that repeats, equal times, gaps and devices that meet again are frequent.
const row: fc.Arbitrary<Event> = fc
  .record({
    minute: fc.integer({ min: 0, max: 30 }).map((n) => n * 11),
    device: fc.constantFrom('a', 'b', 'c', 'd'),
    program: fc.constantFrom('hostapd', 'kernel', 'syslog', ''),
    message: fc.constantFrom('x', 'xy', 'wlceventd: x', 'ü'),
    level: fc.integer({ min: -1, max: 7 }),
    flags: fc.constantFrom(0, ROW.noZone),
    spelling: fc.constantFrom('', 'notice', 'NOTICE', 'err', 'loud'),
    shown: fc.option(fc.integer({ min: 0, max: 1439 }), { nil: null }),
  })
  .map(({ minute, shown, ...rest }) => ({
    row: {
      ...rest,
      timeMs: START + minute * MINUTE,
      ...(shown === null ? {} : { raw: clock(shown) }),
    },
  }));

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: row },
  {
    weight: 1,
    arbitrary: fc.constantFrom('missing_message', 'timestamp_invalid').map((invalid) => ({ invalid })),
  },
  { weight: 1, arbitrary: fc.constantFrom('level_missing', 'metadata_missing').map((note) => ({ note })) },
);

const files: fc.Arbitrary<Files> = fc.array(fc.array(event, { maxLength: 60 }), {
  minLength: 1,
  maxLength: 4,
});

const settings: fc.Arbitrary<Settings> = fc.record({
  startMs: fc.constantFrom(null, START + 60 * MINUTE),
  endMs: fc.constantFrom(null, START + 250 * MINUTE),
  programs: fc.constantFrom(null, ['HostAPD', 'syslog']),
});

/** Events [from, to) of a file; a part that does not start at 0 continues. */
interface Piece {
  readonly file: number;
  readonly from: number;
  readonly to: number;
}

function play(
  feed: RowFeed,
  tracker: FileTracker,
  piece: Piece,
  events: readonly Event[],
  flushEvery: number,
): void {
  for (let i = piece.from; i < piece.to; i++) {
    const event = events[i];
    // Positions in the file do not depend on the part; record numbers begin at 0 in each part.
    const at = i * 100;
    if ('row' in event) feed.add(tracker, event.row, at);
    else if ('invalid' in event) tracker.invalid(event.invalid, at, 'bad');
    else tracker.note(event.note, tracker.recordCount, at, 'noted');
    if (i % flushEvery === 0) feed.flush(tracker);
  }
  feed.flush(tracker);
  if (piece.to === events.length) {
    tracker.declare(events.length + (piece.file % 2), 0);
    tracker.close();
  }
}

function collect(
  all: Files,
  pieces: readonly Piece[],
  options: Settings,
  flushEvery: number,
): ValidationCollector {
  const feed = new RowFeed();
  const collector = new ValidationCollector({
    windowSeconds: 300,
    wifiRequired: true,
    minWindows: 3,
    minSpanDays: 0.1,
    ...options,
    names: feed.names,
  });
  for (const piece of pieces) {
    const tracker = collector.openFile(`${piece.file}.json`, piece.from > 0);
    play(feed, tracker, piece, all[piece.file], flushEvery);
  }
  return collector;
}

const whole = (all: Files): Piece[] => all.map((events, file) => ({ file, from: 0, to: events.length }));

/** Cuts the stream of all events at these shares of it: one list of pieces for each thread. */
function cut(all: Files, shares: readonly number[]): Piece[][] {
  const total = all.reduce((sum, events) => sum + events.length, 0);
  const cuts = [...shares.map((share) => Math.floor(share * total)), total].sort((a, b) => a - b);
  const parts: Piece[][] = cuts.map(() => []);
  let passed = 0;
  for (const [file, events] of all.entries()) {
    let from = 0;
    for (const [part, end] of cuts.entries()) {
      const to = Math.min(events.length, end - passed);
      const isEmptyFile = events.length === 0 && from === 0 && to === 0;
      if (to > from || (isEmptyFile && parts.flat().every((piece) => piece.file !== file))) {
        parts[part].push({ file, from, to });
        from = to;
      }
    }
    passed += events.length;
  }
  return parts;
}

function merged(first: ValidationCollector, ...others: ValidationCollector[]): ValidationCollector {
  // What goes from thread to thread is a structured clone.
  for (const other of others) first.absorb(structuredClone(other.exportState()));
  return first;
}

const reportOf = (collector: ValidationCollector): ValidationReport => collector.finish([]);

describe('the report of parts that are read apart', () => {
  it('is that of one pass, wherever files are cut and in whatever order neighbours are joined', () => {
    fc.assert(
      fc.property(
        files,
        settings,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 9 }),
        (all, options, shares, flushEvery) => {
          const expected = reportOf(collect(all, whole(all), options, 4));
          const parts = (): ValidationCollector[] =>
            cut(all, shares).map((pieces) => collect(all, pieces, options, flushEvery));
          const [first, ...rest] = parts();
          expect(reportOf(merged(first, ...rest))).toEqual(expected);
          const fromTheEnd = parts().reduceRight((later, earlier) => merged(earlier, later));
          expect(reportOf(fromTheEnd)).toEqual(expected);
        },
      ),
      { seed: 20250602, numRuns: 300 },
    );
  });

  it('does not depend on where batches end', () => {
    fc.assert(
      fc.property(files, settings, fc.integer({ min: 1, max: 9 }), (all, options, flushEvery) => {
        const expected = reportOf(collect(all, whole(all), options, 1_000));
        expect(reportOf(collect(all, whole(all), options, flushEvery))).toEqual(expected);
      }),
      { seed: 20250603, numRuns: 100 },
    );
  });

  it('finds the step, the repeat and the gap that lie on the border', () => {
    const at = (minute: number, message = 'x'): Event => ({
      row: { timeMs: START + minute * MINUTE, message },
    });
    const all = [[at(0), at(1), at(1), at(90), at(80), at(91)]];
    for (let border = 1; border < 6; border++) {
      const [first, second] = cut(all, [border / 6 + 0.01]).map((pieces) => collect(all, pieces, {}, 100));
      const { stats, warnings } = reportOf(merged(first, second));
      expect(stats).toMatchObject({ duplicates: 1, out_of_order: 1, gaps: { count: 1 }, order: 'mixed' });
      const records = (code: string): number[] | undefined =>
        warnings.find((warning) => warning.code === code)?.examples.map(({ record_index }) => record_index);
      expect(records('duplicates')).toEqual([2]);
      expect(records('gaps')).toEqual([3]);
      expect(records('out_of_order')).toEqual([4]);
    }
  });
});

describe('examples', () => {
  it('of gaps on the border are those of the first records behind it', () => {
    const devices = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const at = (minute: number, names: readonly string[]): Event[] =>
      names.map((device) => ({ row: { timeMs: START + minute * MINUTE, device } }));
    // Lines that are left out number the devices in another order than the lines that follow.
    const all = [[...at(0, devices), ...at(-10, devices), ...at(90, [...devices].reverse())]];
    const options = { startMs: START };
    const [first, second] = cut(all, [0.34]).map((pieces) => collect(all, pieces, options, 100));
    const gaps = reportOf(merged(first, second)).warnings.find(({ code }) => code === 'gaps');
    expect(gaps?.examples.map(({ record_index }) => record_index)).toEqual([16, 17, 18, 19, 20]);
  });
});

describe('collecting', () => {
  it('can go on after a report', () => {
    const all = [[{ row: { timeMs: START } }], [{ row: { timeMs: START + 100 * MINUTE } }]];
    const collector = collect(all, whole(all), {}, 1);
    const first = reportOf(collector);
    expect(reportOf(collector)).toEqual(first);
    expect(first.stats.gaps.count).toBe(1);
  });
});
