const SHOWN_ITEMS = 2;
const SHOWN_LINES = 6;

/** An answer as it stands in the document: lists and texts end early. null = nothing that can be shown. */
export function recordedAnswer(type: string, text: string): unknown {
  if (text === '') return null;
  if (type.includes('json')) return shortened(JSON.parse(text));
  return type.startsWith('text/html') ? null : text.split('\n').slice(0, SHOWN_LINES).join('\n');
}

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, SHOWN_ITEMS).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shortened(member)]));
}

/**
 * Where two answers differ in their members or kinds; null = nowhere. null stands for anything, and so does the item of an
 * empty list: numbers, texts and lengths differ from run to run.
 */
export function shapeDifference(a: unknown, b: unknown, pointer = ''): string | null {
  if (a === null || b === null) return null;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === 0 || b.length === 0 ? null : shapeDifference(a[0], b[0], `${pointer}/0`);
  }
  if (typeof a !== typeof b || Array.isArray(a) !== Array.isArray(b)) {
    return `${pointer}: ${kindOf(a)} and ${kindOf(b)}`;
  }
  if (typeof a !== 'object' || typeof b !== 'object') return null;
  const [left, right] = [a, b] as Readonly<Record<string, unknown>>[];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (!(name in left) || !(name in right)) return `${pointer}/${name}: only in one of them`;
    const difference = shapeDifference(left[name], right[name], `${pointer}/${name}`);
    if (difference !== null) return difference;
  }
  return null;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);
