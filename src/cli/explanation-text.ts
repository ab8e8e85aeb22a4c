import type { FeatureExplanation, RowExplanation } from '../evaluation/core/explanation/explain-flagged.js';
import type { SuggestedValue } from '../evaluation/core/explanation/nearest-normal.js';
import type { WindowLine } from '../features/core/window-lines.js';
import type { ScoredWindow } from '../monitoring/core/scored-windows.js';
import { printable, renderTable } from './output.js';

const INDENT = '  ';
/** Enough to tell a score from a threshold next to it. */
const SCORE_DIGITS = 9;

/** One flagged window with its strongest features and its first lines. */
export function explanationText(window: ScoredWindow): string {
  const { device, start, end, row, score, explanation, lines, line_count: count } = window;
  const when = start === null ? '' : ` ${start} to ${end ?? '?'}`;
  const which = row === undefined ? '' : ` row ${row}`;
  const head = `${oneLine(device)}${when}${which}: score ${score.toPrecision(SCORE_DIGITS)}, ANOMALY`;
  if (explanation === undefined) return `${head} (not explained)`;
  const body = [...features(explanation), ...(lines === undefined ? [] : lineTexts(lines, count ?? 0))];
  return [head, ...body.map((line) => INDENT + line)].join('\n');
}

function features({ top, base_score: base, other_contribution: other }: RowExplanation): string[] {
  const rows = top.map((feature) => [
    feature.feature,
    valueText(feature),
    signed(feature.contribution),
    suggestion(feature),
  ]);
  const others: string[] = ['all other features', '', signed(other), ''];
  return renderTable(['feature', 'value', `from ${base.toFixed(4)}`, ''], [...rows, others]).split('\n');
}

const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;

function valueText({ value, imputed_value: imputed }: FeatureExplanation): string {
  if (value !== null) return numberText(value);
  return imputed === null ? 'missing' : `missing (taken for ${numberText(imputed)})`;
}

function suggestion({ feature, nearest_normal: nearest, best }: FeatureExplanation): string {
  if (nearest !== null) return `normal if ${range(feature, nearest)}`;
  return best === null ? '' : `score ${best.score.toPrecision(SCORE_DIGITS)} if ${range(feature, best)}`;
}

function range(feature: string, { value, comparison, until }: SuggestedValue): string {
  const first = `${feature} ${comparison} ${numberText(value)}`;
  if (until === null || comparison === '=') return first;
  // A single value is no range.
  if (until === value) return `${feature} = ${numberText(value)}`;
  return `${first} and ${comparison === '<=' ? '>=' : '<='} ${numberText(until)}`;
}

/**
 * The shortest decimal that is read as the same float32, which all feature values are: what is shown can stand on no
 * other side of a limit than the value itself. Nine digits at most; other numbers get all of theirs.
 */
export function numberText(value: number): string {
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

function lineTexts(lines: readonly WindowLine[], count: number): string[] {
  if (count === 0) return ['no lines'];
  const more = count - lines.length;
  return [
    ...lines.map(({ timestamp, device, program, message, truncated }) => {
      const from = [device, program].filter((name) => name != null).join(' ');
      return `${timestamp} ${from === '' ? '' : `${oneLine(from)}: `}${oneLine(message)}${truncated ? '...' : ''}`;
    }),
    ...(more > 0 ? [`and ${more} more ${more === 1 ? 'line' : 'lines'}`] : []),
  ];
}

/** Text from logs must neither drive the terminal nor pass for a line of ours. */
function oneLine(text: string): string {
  return printable(text).replace(
    /[\n\t\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
