import { normaliseLevel } from './log-level.js';
import { LOG_LEVELS } from './log-record.js';
import { ROW, type RecordBatch } from './record-batch.js';
import type { LevelSpelling, LevelSpellings } from './validation-report.js';

/** Distinct spellings kept by name; lines of further ones count in their family only. */
const MAX_SPELLINGS = 1000;
const LISTED_SPELLINGS = 50;
const ABBREVIATIONS: ReadonlySet<string> = new Set(['emerg', 'crit', 'err', 'warn']);

/** How a level can be written. */
export const SPELLING_FAMILIES = [
  'lower',
  'upper',
  'mixed',
  'abbreviated',
  'synonym',
  'number',
  'unknown',
] as const;
export type SpellingFamily = (typeof SPELLING_FAMILIES)[number];

/**
 * `lower` "notice", `upper` "NOTICE", `mixed` "Notice": the RFC 5424 name; `abbreviated`: "err", "crit", "warn",
 * "emerg" in any case; `synonym`: other words, such as "fatal" or "trace"; `number`: the digit.
 */
export function spellingFamily(text: string): SpellingFamily {
  const level = normaliseLevel(text);
  if (level < 0) return 'unknown';
  const word = text.trim();
  if (/^\d$/.test(word)) return 'number';
  const lower = word.toLowerCase();
  if (lower !== LOG_LEVELS[level]) return ABBREVIATIONS.has(lower) ? 'abbreviated' : 'synonym';
  if (word === lower) return 'lower';
  return word === word.toUpperCase() ? 'upper' : 'mixed';
}

export interface LevelCounterState {
  /** Texts by number, from {@link FIRST_TEXT} on. */
  readonly texts: readonly string[];
  readonly logs: Float64Array;
}

/** Numbers below: 0 = the line has no level of its own; then one for each family, for texts past the limit. */
const FIRST_TEXT = 1 + SPELLING_FAMILIES.length;
/** The number of the spelling stands above the bits of ROW in the flags of a row. */
const SHIFT = 8;

/** Numbers the spellings of levels, and counts the kept rows by them. */
export class LevelCounter {
  private readonly numberByText = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly logs = new Float64Array(FIRST_TEXT + MAX_SPELLINGS);
  // Mostly the same text as before, from a table of known texts: comparing them compares addresses.
  private latestText = '';
  private latestNumber = 0;

  /** Bits for the flags of a row whose own level field is written like this; 0 for ''. */
  bits(text: string): number {
    if (text !== this.latestText) {
      this.latestNumber = this.number(text);
      this.latestText = text;
    }
    return this.latestNumber << SHIFT;
  }

  /** Counts the kept rows. */
  take({ count, flags }: RecordBatch): void {
    const { logs } = this;
    for (let row = 0; row < count; row++) {
      if ((flags[row] & ROW.kept) !== 0) logs[flags[row] >>> SHIFT]++;
    }
  }

  /** Lines by family and by spelling, and the levels that are written in more than one way. */
  result(): LevelSpellings & { readonly severalWays: readonly (readonly LevelSpelling[])[] } {
    const families = SPELLING_FAMILIES.map((_, i) => this.logs[1 + i]);
    const all: LevelSpelling[] = [];
    for (const [i, spelling] of this.texts.entries()) {
      const logs = this.logs[FIRST_TEXT + i];
      // Only lines that were left out have it.
      if (logs === 0) continue;
      families[SPELLING_FAMILIES.indexOf(spellingFamily(spelling))] += logs;
      const level = normaliseLevel(spelling);
      all.push({ spelling, level: level < 0 ? 'unknown' : LOG_LEVELS[level], logs });
    }
    all.sort((a, b) => b.logs - a.logs || (a.spelling < b.spelling ? -1 : 1));
    return {
      families: Object.fromEntries(
        SPELLING_FAMILIES.map((name, i) => [name, families[i]] as const).filter(([, logs]) => logs > 0),
      ),
      spellings: all.slice(0, LISTED_SPELLINGS),
      severalWays: LOG_LEVELS.map((name) => all.filter(({ level }) => level === name)).filter(
        (ways) => ways.length > 1,
      ),
    };
  }

  exportState(): LevelCounterState {
    return { texts: [...this.texts], logs: this.logs.slice(0, FIRST_TEXT + this.texts.length) };
  }

  absorb({ texts, logs }: LevelCounterState): void {
    for (let i = 0; i < FIRST_TEXT; i++) this.logs[i] += logs[i];
    for (const [i, text] of texts.entries()) this.logs[this.number(text)] += logs[FIRST_TEXT + i];
  }

  private number(text: string): number {
    if (text === '') return 0;
    const known = this.numberByText.get(text);
    if (known !== undefined) return known;
    if (this.texts.length >= MAX_SPELLINGS) return 1 + SPELLING_FAMILIES.indexOf(spellingFamily(text));
    const number = FIRST_TEXT + this.texts.length;
    this.numberByText.set(text, number);
    this.texts.push(text);
    return number;
  }
}
