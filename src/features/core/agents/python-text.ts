/**
 * The consumer searches with Python's `re`, whose classes are Unicode classes: other digits, spaces and word characters
 * count than in JavaScript. These are the same classes for patterns with the flag `u`.
 */

/** Python's `\d`. */
export const DIGIT = String.raw`\p{Nd}`;
/** Python's `\w`. */
const WORD = String.raw`[\p{L}\p{N}_]`;
/** Python's `\s`: JavaScript's has the byte order mark instead of the separators 1C to 1F and the next line 85. */
export const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
/** Python's `\b` before and after a digit. */
export const WORD_BEGINS = `(?<!${WORD})`;
export const WORD_ENDS = `(?!${WORD})`;

/** Whether the text contains one of the words. */
export function containsAny(text: string, words: readonly string[]): boolean {
  for (const word of words) if (text.includes(word)) return true;
  return false;
}

const ASCII_NUMBER = /^[0-9.]+$/;
const ANY_DIGIT = new RegExp(`^${DIGIT}$`, 'u');

/** Value of a decimal digit of any script: digits lie in runs of ten, zero first. */
function digitValue(codePoint: number): number {
  let zero = codePoint;
  while (ANY_DIGIT.test(String.fromCodePoint(zero - 1))) zero--;
  return (codePoint - zero) % 10;
}

/** Python's `float` of a text of digits and at most one point; digits of other scripts count as digits. */
export function pythonFloat(text: string): number {
  if (ASCII_NUMBER.test(text)) return Number(text);
  const digits = Array.from(text, (sign) => (sign === '.' ? sign : digitValue(sign.codePointAt(0) ?? 0)));
  return Number(digits.join(''));
}
