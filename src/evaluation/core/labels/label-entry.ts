import { parseTimestampMs } from '../../../export/core/timestamp.js';
import type { FieldProblem } from '../../../shared/errors.js';
import type { Episode } from '../episodes.js';

/** A value as a JSON member or a CSV cell holds it; undefined = not there. */
export type LabelValue = string | number | boolean | null | undefined;

/** One entry of a labels file, before it is checked. */
export interface LabelEntry {
  /** Where it stands, for messages: `episode 3`, `line 4`. */
  readonly place: string;
  /** The same for programs: `/episodes/2`, `/4`. */
  readonly pointer: string;
  readonly value: (key: string) => unknown;
}

const TIME = 'a time such as 2024-01-31T06:00:00Z (without a zone: UTC)';
const MAX_TEXT = 256;

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['0', false],
  ['false', false],
  ['no', false],
]);

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? 'nothing' : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reads one entry and collects what is wrong with it. */
class EntryReader {
  constructor(
    private readonly entry: LabelEntry,
    private readonly problems: FieldProblem[],
  ) {}

  private refuse(key: string, expected: string): void {
    this.problems.push({
      pointer: `${this.entry.pointer}/${key}`,
      code: 'label',
      message: `${this.entry.place}, key "${key}": found ${shown(this.entry.value(key))}, expected ${expected}`,
    });
  }

  /** NaN when it is refused. */
  time(key: string): number {
    const value = this.entry.value(key);
    const ms = typeof value === 'string' ? parseTimestampMs(value) : Number.NaN;
    if (Number.isNaN(ms)) this.refuse(key, TIME);
    return ms;
  }

  /** Names are compared with those of the windows, which hold a device_id as text. */
  devices(): string[] {
    const names = ['device_id', 'device'].flatMap((key) => {
      const value = this.entry.value(key);
      if (isAbsent(value)) return [];
      const name = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
      if (name !== '' && name.length <= MAX_TEXT) return [name];
      this.refuse(key, `a name or a number of at most ${MAX_TEXT} characters`);
      return [];
    });
    if (isAbsent(this.entry.value('device_id')) && isAbsent(this.entry.value('device')))
      this.refuse('device', 'the device, here or under "device_id", named as in the export');
    return [...new Set(names)];
  }

  kind(): string {
    const value = this.entry.value('kind');
    if (isAbsent(value)) return 'unnamed';
    if (typeof value === 'string' && value.trim() !== '' && value.length <= MAX_TEXT) return value.trim();
    this.refuse('kind', `the kind of the episode, a text of at most ${MAX_TEXT} characters`);
    return '';
  }

  isAnomaly(): boolean {
    const value = this.entry.value('is_anomaly');
    if (isAbsent(value)) return true;
    const flag = FLAGS.get(String(value).trim().toLowerCase());
    if (flag === undefined)
      this.refuse('is_anomaly', '1 or true (an anomaly), 0 or false (unusual, but benign)');
    return flag ?? true;
  }

  end(startMs: number): number {
    const endMs = this.time('end');
    if (endMs < startMs) this.refuse('end', 'a time that is not before "start"');
    return endMs;
  }
}

/** What a check of an entry says goes into `problems`; the episode is of use only when nothing was added. */
export function readEntry(entry: LabelEntry, problems: FieldProblem[]): Episode {
  const reader = new EntryReader(entry, problems);
  const startMs = reader.time('start');
  return {
    devices: reader.devices(),
    startMs,
    endMs: reader.end(startMs),
    kind: reader.kind(),
    isAnomaly: reader.isAnomaly(),
  };
}
