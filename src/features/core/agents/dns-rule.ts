import type { AgentRule, MessageTally } from './agent-rule.js';
import { containsAny, DIGIT, pythonFloat, SPACE } from './python-text.js';

const QUERIES = 0;
const RESPONSES = 1;
const ERRORS = 2;
const DOMAINS = 3;
const MEAN_TIME = 4;
/** Five columns and the eight query types. */
const COLUMNS = 13;
const TIMES = COLUMNS;
const WHOLE_MS = COLUMNS + 1;
/** Nanoseconds beyond the whole milliseconds. */
const REST_NS = COLUMNS + 2;

const QUERY_WORDS = ['query', 'request'];
const RESPONSE_WORDS = ['response', 'answer'];
const ERROR_WORDS = ['error', 'failed', 'timeout'];

/** The longest run of labels; the message is lower-cased already. */
const LABELS = /(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+/g;
const TOP_LABEL = /[a-z]{2,}/y;
// The look-behind changes no match, it saves a second try at every digit of a long number.
const TIME = new RegExp(`(?<!${DIGIT})(${DIGIT}+(?:\\.${DIGIT}+)?)${SPACE}*ms`, 'u');

/** More than thirty years; keeps the sums exact and below what scikit-learn reads. */
const MAX_TIME_MS = 1e12;
const NS_PER_MS = 1e6;

/**
 * First match of `([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,}` in a lower-case text, or null.
 *
 * Run as one pattern it takes quadratic time on `a.a.a.a.1`. Here a run of labels is read once: its last label that has
 * two letters behind it ends the match, and a run without one holds no match at any later start either.
 */
export function firstDomain(text: string): string | null {
  LABELS.lastIndex = 0;
  for (let run = LABELS.exec(text); run !== null; run = LABELS.exec(text)) {
    const start = run.index;
    for (let end = LABELS.lastIndex; end > start; end = text.lastIndexOf('.', end - 2) + 1) {
      TOP_LABEL.lastIndex = end;
      if (TOP_LABEL.test(text)) return text.slice(start, TOP_LABEL.lastIndex);
    }
  }
  return null;
}

function addTime(message: string, tally: MessageTally): void {
  const time = TIME.exec(message);
  if (time === null) return;
  const value = pythonFloat(time[1]);
  // The consumer takes a time of 0 for no time.
  if (value === 0) return;
  const bounded = Math.min(value, MAX_TIME_MS);
  const whole = Math.floor(bounded);
  tally.add(TIMES, 1);
  tally.add(WHOLE_MS, whole);
  tally.add(REST_NS, Math.round((bounded - whole) * NS_PER_MS));
}

/**
 * 13 columns over lower-cased messages. The eight query types stay 0: their pattern is upper-case, the text is not.
 *
 * The mean time is a quotient of exact integer sums, so that it does not depend on the order of the lines. The consumer
 * adds floats in the order of its rows; the last bits may differ, far below the float32 that the trees compare.
 */
export const DNS_RULE: AgentRule = {
  sums: COLUMNS + 3,
  read(message, tally) {
    const text = message.toLowerCase();
    if (containsAny(text, QUERY_WORDS)) {
      tally.add(QUERIES, 1);
      const domain = firstDomain(text);
      if (domain !== null) tally.addDistinct(DOMAINS, domain);
    } else if (containsAny(text, RESPONSE_WORDS)) {
      tally.add(RESPONSES, 1);
      addTime(text, tally);
    } else if (containsAny(text, ERROR_WORDS)) {
      tally.add(ERRORS, 1);
    }
  },
  finish(sums) {
    if (sums[TIMES] > 0) sums[MEAN_TIME] = (sums[WHOLE_MS] + sums[REST_NS] / NS_PER_MS) / sums[TIMES];
  },
};
