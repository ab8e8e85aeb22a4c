import type { AgentRule } from './agent-rule.js';
import { containsAny, DIGIT, WORD_BEGINS, WORD_ENDS } from './python-text.js';

const BLOCKED = 0;
const ALLOWED = 1;
const ADDRESSES = 2;
const PORTS = 3;
/** Four columns and the seven protocols. */
const COLUMNS = 11;

const BLOCKED_WORDS = ['blocked', 'denied', 'drop'];
const ALLOWED_WORDS = ['allowed', 'accept'];
const ADDRESS = new RegExp(`${WORD_BEGINS}(?:${DIGIT}{1,3}\\.){3}${DIGIT}{1,3}${WORD_ENDS}`, 'gu');
const PORT = new RegExp(`:(${DIGIT}{1,5})${WORD_ENDS}`, 'gu');

/** 11 columns over lower-cased messages. The seven protocols stay 0: their pattern is upper-case, the text is not. */
export const FIREWALL_RULE: AgentRule = {
  sums: COLUMNS,
  read(message, tally) {
    const text = message.toLowerCase();
    if (containsAny(text, BLOCKED_WORDS)) tally.add(BLOCKED, 1);
    else if (containsAny(text, ALLOWED_WORDS)) tally.add(ALLOWED, 1);
    for (const [address] of text.matchAll(ADDRESS)) tally.addDistinct(ADDRESSES, address);
    // Any number after a colon: minutes and seconds of a clock time count as ports.
    for (const [, port] of text.matchAll(PORT)) tally.addDistinct(PORTS, port);
  },
};
