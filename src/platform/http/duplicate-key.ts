/** JSON pointers are shown to people; a member name may be as long as the body. */
const SHOWN = 100;

type Level = { readonly names: Set<string>; readonly at: string } | null;

/**
 * Pointer of the first member name that an object of a JSON text has twice, undefined when there is none. Names are
 * compared as they are meant, so "a" and "\u0061" are the same. Text that is not JSON may get any answer: the parser
 * refuses it afterwards. One pass, no recursion.
 */
export function duplicateKey(text: string): string | undefined {
  // An array is null: its strings are values.
  const levels: Level[] = [];
  let expectsName = false;
  let last = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      const end = endOfString(text, i);
      const level = levels.at(-1);
      if (expectsName && level !== undefined && level !== null) {
        last = meaning(text.slice(i, end + 1));
        if (level.names.has(last)) return `${level.at}/${escaped(last)}`;
        level.names.add(last);
        expectsName = false;
      }
      i = end;
    } else if (char === '{' || char === '[') {
      levels.push(char === '[' ? null : { names: new Set(), at: below(levels.at(-1), last) });
      expectsName = char === '{';
    } else if (char === '}' || char === ']') {
      levels.pop();
      expectsName = false;
    } else if (char === ',') expectsName = levels.at(-1) !== null;
  }
  return undefined;
}

/** Index of the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

function meaning(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}

const below = (level: Level | undefined, name: string): string =>
  level === undefined || level === null ? '' : `${level.at}/${escaped(name)}`.slice(0, SHOWN);

const escaped = (name: string): string => name.slice(0, SHOWN).replace(/~/g, '~0').replace(/\//g, '~1');
