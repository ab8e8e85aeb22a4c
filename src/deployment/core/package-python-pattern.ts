/** White space of ECMAScript's `\s`, for a Python character class. */
const SPACE = '\\t\\n\\v\\f\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';
/** What ECMAScript's `.` does not match. */
const LINE_ENDS = '\\n\\r\\u2028\\u2029';

export interface PythonPattern {
  readonly pattern: string;
  readonly ignoreCase: boolean;
}

/**
 * A regular expression for Python's `re` (with `re.ASCII`) that matches exactly where the given one does. Both languages
 * read most of the syntax alike; they differ in `\s`, in `.` and in `$`, which in Python also matches before a last
 * newline. What is not known to mean the same is refused, so that no rule can be exported with another meaning.
 *
 * @throws RangeError for flags or syntax outside of that (a mistake in a rule table, never in the input)
 */
export function pythonPattern({ source, flags }: RegExp): PythonPattern {
  if (flags !== '' && flags !== 'i') throw new RangeError(`/${source}/${flags}: flags are not translated.`);
  const fail = (what: string): never => {
    throw new RangeError(`/${source}/: ${what} is not translated.`);
  };
  let pattern = '';
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') {
      pattern += escape(source[++at], inClass, fail);
    } else if (inClass) {
      // Python warns about these pairs, which may become set operations.
      if (char === '[' || /^(?:--|&&|~~|\|\|)/.test(source.slice(at))) fail('this character class');
      if (char === ']') inClass = false;
      pattern += char;
    } else if (char === '[') {
      if (source.startsWith('[]', at) || source.startsWith('[^]', at)) fail('an empty class');
      inClass = true;
      pattern += char;
    } else if (char === '.') {
      pattern += `[^${LINE_ENDS}]`;
    } else if (char === '$') {
      pattern += '\\Z';
    } else {
      if (source.startsWith('(?', at) && !/^\(\?(?:[:!=])/.test(source.slice(at))) fail('this group');
      pattern += char;
    }
  }
  return { pattern, ignoreCase: flags === 'i' };
}

/** @param char what follows the backslash */
function escape(char: string, inClass: boolean, fail: (what: string) => never): string {
  if (char === 's') return inClass ? SPACE : `[${SPACE}]`;
  if (char === 'S' && !inClass) return `[^${SPACE}]`;
  // Alike under re.ASCII. \b in a class is a backspace in both, but nobody means that.
  if (/[dDwW]/.test(char) || (/[bB]/.test(char) && !inClass)) return `\\${char}`;
  if (!/[A-Za-z0-9]/.test(char)) return `\\${char}`;
  return fail(`\\${char}`);
}
