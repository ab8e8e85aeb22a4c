const LABELS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['true', true],
  ['yes', true],
  ['anomaly', true],
  ['0', false],
  ['false', false],
  ['no', false],
  ['normal', false],
  ['', false],
]);

/** What a label field of a record says: true = part of an anomaly; null = it is not a label. */
export function recordLabel(text: string): boolean | null {
  return LABELS.get(text.trim().toLowerCase()) ?? null;
}
