import type { KeyRule } from './key.js';

/** Building blocks for `@Key`: each knows how to say what it wants, check it, and read it from text. */

const numberFromText = (text: string): unknown =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;

export function integer(min: number, max: number): KeyRule {
  return {
    expected: `an integer from ${min} to ${max}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
    fromText: numberFromText,
  };
}

/** A finite number in [min, max], or in (min, max] with `above: true`. */
export function number(min: number, max: number, options: { above?: boolean } = {}): KeyRule {
  const above = options.above === true;
  return {
    expected: above ? `a number above ${min}, at most ${max}` : `a number from ${min} to ${max}`,
    accepts: (value) =>
      typeof value === 'number' &&
      (above ? value > min : value >= min) &&
      value <= max &&
      Number.isFinite(value),
    fromText: numberFromText,
  };
}

const FLAG_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  yes: true,
  no: false,
  on: true,
  off: false,
  '1': true,
  '0': false,
};

export function flag(): KeyRule {
  return {
    expected: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    fromText: (text) => {
      const word = text.trim().toLowerCase();
      return Object.hasOwn(FLAG_WORDS, word) ? FLAG_WORDS[word] : text;
    },
  };
}

export function oneOf(choices: readonly string[]): KeyRule {
  const expected = choices.length === 1 ? `"${choices[0]}"` : `one of ${choices.join(', ')}`;
  return {
    expected,
    choices,
    accepts: (value) => typeof value === 'string' && choices.includes(value),
    fromText: (text) => text,
  };
}

export interface TextOptions {
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly check?: (text: string) => boolean;
}

/** Non-empty text without control characters; `what` completes "must be ...". */
export function text(what: string, options: TextOptions = {}): KeyRule {
  const { max = 1024, pattern, check } = options;
  return {
    expected: what,
    accepts: (value) =>
      typeof value === 'string' &&
      value.length > 0 &&
      value.length <= max &&
      !/\p{Cc}/u.test(value) &&
      (pattern?.test(value) ?? true) &&
      (check?.(value) ?? true),
    fromText: (value) => value,
  };
}

/** Distinct items, at most `max` of them; an environment variable separates them with commas. */
export function listOf(item: KeyRule, max: number): KeyRule {
  return {
    expected: `a list without repetition (at most ${max}), each item ${item.expected}`,
    choices: item.choices,
    accepts: (value) =>
      Array.isArray(value) &&
      value.length <= max &&
      new Set(value).size === value.length &&
      value.every((entry) => item.accepts(entry)),
    fromText: (value) =>
      value
        .split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '')
        .map((entry) => item.fromText(entry)),
  };
}

/** Fits any of the rules. */
export function either(...rules: readonly KeyRule[]): KeyRule {
  const words = rules.flatMap((rule) => rule.choices ?? []);
  return {
    expected: rules.map((rule) => rule.expected).join(', or '),
    choices: words.length > 0 ? words : undefined,
    accepts: (value) => rules.some((rule) => rule.accepts(value)),
    fromText: (value) => {
      for (const rule of rules) {
        const read = rule.fromText(value);
        if (rule.accepts(read)) return read;
      }
      return value;
    },
  };
}

/** Same rule, and null for "none". */
export function orNull(rule: KeyRule): KeyRule {
  return {
    expected: `${rule.expected}, or null`,
    choices: rule.choices,
    accepts: (value) => value === null || rule.accepts(value),
    fromText: (value) => (value === 'null' ? null : rule.fromText(value)),
  };
}

/** An identifier as PostgreSQL and our feature names use it. */
export const identifier = (what: string): KeyRule =>
  text(`${what} (letters, digits and _, not starting with a digit)`, {
    max: 63,
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
  });

export const directory = (): KeyRule => text('a path', { max: 4096 });
