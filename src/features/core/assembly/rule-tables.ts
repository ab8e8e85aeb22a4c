// Where things lie in the records that the host writes (classify-tables.ts, same order). Offsets in bytes.

/** A needle with what it means: of a sentence, token, family of tokens, or station line. */
export const NEEDLE_TEXT = 0;
export const NEEDLE_LENGTH = 4;
export const NEEDLE_CLASS = 8;
/** Address of the conditions; 0 = none. */
export const NEEDLE_WHEN = 12;
/** Address of the fields to take; 0 = none. */
export const NEEDLE_TAKE = 16;
/** Address of the next record under the same token; 0 = none. */
export const NEEDLE_NEXT = 20;
export const NEEDLE_BYTES = 24;

export const WHEN_NOT_AFTER = 0;
export const WHEN_NEXT = 4;
export const WHEN_PLACE = 8;
export const WHEN_ALSO_COUNT = 12;
/** Pairs of address and length. */
export const WHEN_ALSO = 16;

export const TAKE_MAC = 0;
/** Pairs of address and length from here on; length 0 = not taken. */
export const TAKE_BSSID = 4;
export const TAKE_SSID = 12;
export const TAKE_SSID_END = 20;
export const TAKE_REASON = 28;
export const TAKE_STATUS = 36;
export const TAKE_FREQ = 44;
export const TAKE_SIGNAL = 52;
export const TAKE_TXRATE = 60;

/** How the needles of one list of sentences are found (keyword-finder.ts). */
export const LIST_FILTER = 0;
/** Slots of eight bytes: the first four bytes of a needle, and the state of the trie behind them. */
export const LIST_BEGINNINGS = 4;
export const LIST_SLOT_BITS = 8;
export const LIST_COLUMNS = 12;
export const LIST_NEXT = 16;
export const LIST_ROW_SHIFT = 20;
export const LIST_FIRST_OUTPUT = 24;
export const LIST_OUTPUTS = 28;
export const LIST_NEEDLES = 32;
export const LIST_BYTES = 36;
