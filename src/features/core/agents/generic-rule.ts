import type { AgentRule } from './agent-rule.js';
import { containsAny } from './python-text.js';

const LINES = 0;
const ERRORS = 1;
const WARNINGS = 2;
/** Distinct programs and hosts stay 0: the rows the agents get have neither key. */
const COLUMNS = 5;

const ERROR_WORDS = ['error', 'critical', 'failed'];

/** 5 columns over lower-cased messages. */
export const GENERIC_RULE: AgentRule = {
  sums: COLUMNS,
  read(message, tally) {
    const text = message.toLowerCase();
    tally.add(LINES, 1);
    if (containsAny(text, ERROR_WORDS)) tally.add(ERRORS, 1);
    else if (text.includes('warning')) tally.add(WARNINGS, 1);
  },
};
