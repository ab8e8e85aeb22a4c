import { MEMORY_LAYOUT } from '../../export/core/ingest-memory.js';
import { ROW } from '../../export/core/record-batch.js';
import { EVENT_CLASSES, eventClassId, eventGroups, REASON_HANDSHAKE_TIMEOUT } from './event-class.js';
import { EVENT, type EventColumns } from './event-columns.js';
import type { RuleConditions } from './event-conditions.js';
import { RULE_LISTS } from './event-rule-lists.js';
import {
  STATION_RULES,
  TOKEN_PREFIX_RULES,
  TOKEN_RULES,
  type EventRule,
  type FieldKeys,
} from './event-rules.js';
import { keywordFinder } from './keyword-finder.js';
import { TableWriter } from './table-writer.js';

// The rule tables as records that the compiled classifier reads: assembly/rule-tables.ts has the same order.

/** Program numbers that have a place in the table of their rule lists. */
export const PROGRAM_LIMIT = 131_072;
const MAX_NEEDLES = 256;
const NEEDLE_WORDS = 6;
const TOKEN_BITS = 8;
const STATION_BITS = 6;
/** Characters of a station line's text that tell most of them apart: behind `IEEE 802.11: `. */
const STATION_KEY_AT = 13;
const KEY_BYTES = 8;
const SSID_BITS = 8;
const SSID_ENTRY_BYTES = 80;
const NEXT_CODES = { address: 1, capital: 2 } as const;
const PLACE_CODES = { start: 1, end: 2, interface: 3 } as const;

export interface ClassifyTables {
  /** Address of the words that `init` of the kernel reads. */
  readonly header: number;
  /** Address of a byte for each program number: index of its rule list. */
  readonly programLists: number;
}

/** @throws RangeError for a rule that the kernel cannot express (a mistake in a rule table) */
export function writeClassifyTables(memory: ArrayBuffer, events: EventColumns): ClassifyTables {
  const writer = new TableWriter(memory, MEMORY_LAYOUT.classifyTables, MEMORY_LAYOUT.input);
  const rules = new RuleWriter(writer);
  const programLists = writer.reserve(PROGRAM_LIMIT);
  const station = rules.stationSlots();
  const families = rules.families();
  const header = writer.putWords([
    ...columnAddresses(events),
    programLists,
    PROGRAM_LIMIT,
    rules.lists(),
    RULE_LISTS.length,
    rules.tokenSlots(),
    TOKEN_BITS,
    families.at,
    families.count,
    station.slots,
    STATION_BITS,
    STATION_KEY_AT,
    station.short,
    writer.put(groupTable()),
    EVENT_CLASSES.length,
    REASON_HANDSHAKE_TIMEOUT,
    ROW.kept,
    EVENT.errorText,
    writer.reserve(MAX_NEEDLES * 4),
    writer.reserve(SSID_ENTRY_BYTES << SSID_BITS),
    SSID_BITS,
  ]);
  return { header, programLists };
}

function columnAddresses(events: EventColumns): number[] {
  const { mac, bssid, signal, txrate, eventClass, groups, ssid, reason, status, freq, flags } = events;
  return [mac, bssid, signal, txrate, eventClass, groups, ssid, reason, status, freq, flags].map(
    (column) => column.byteOffset,
  );
}

/** Groups by class, four times: status above 0 counts 2, reason "handshake timeout" 1. */
function groupTable(): Int32Array {
  const table = new Int32Array(4 * EVENT_CLASSES.length);
  for (let variant = 0; variant < 4; variant++) {
    const fields = {
      status: variant >= 2 ? 1 : -1,
      reason: variant % 2 === 1 ? REASON_HANDSHAKE_TIMEOUT : -1,
    };
    for (let id = 0; id < EVENT_CLASSES.length; id++) {
      table[variant * EVENT_CLASSES.length + id] = eventGroups(id, fields);
    }
  }
  return table;
}

/** Hash of the kernel: the upper bits of a product (Fibonacci hashing; Knuth, volume 3, section 6.4). */
function slotOf(key: bigint, bits: number): number {
  return Number(BigInt.asUintN(64, key * 0x9e3779b97f4a7c15n) >> BigInt(64 - bits));
}

function textKey(text: string): bigint {
  let key = 0n;
  for (let i = text.length - 1; i >= 0; i--) key = (key << 8n) | BigInt(text.charCodeAt(i));
  return key;
}

class RuleWriter {
  private readonly texts = new Map<string, number>();
  private readonly conditions = new Map<RuleConditions, number>();
  private readonly takes = new Map<FieldKeys, number>();

  constructor(private readonly writer: TableWriter) {}

  /** Slots with the address of a needle record, or 0; needles of one slot are chained in the order of the rules. */
  tokenSlots(): number {
    const chains: (readonly [string, EventRule])[][] = Array.from({ length: 1 << TOKEN_BITS }, () => []);
    for (const rule of TOKEN_RULES) {
      demand(rule, /^[A-Z][A-Z0-9]*-[A-Z0-9-]*$/, ['also']);
      for (const token of rule.needles) {
        const key = textKey(token.slice(-KEY_BYTES)) ^ BigInt(token.length);
        chains[slotOf(key, TOKEN_BITS)].push([token, rule]);
      }
    }
    return this.writer.putWords(
      chains.map((chain) =>
        chain.reduceRight(
          (next, [token, rule]) => this.writer.putWords(this.needleWords(token, rule, next)),
          0,
        ),
      ),
    );
  }

  families(): { at: number; count: number } {
    const needles = TOKEN_PREFIX_RULES.flatMap((rule) => {
      demand(rule, /^[A-Z][A-Z0-9-]*$/, ['also', 'next']);
      return rule.needles.map((needle) => [needle, rule] as const);
    });
    return { at: this.needles(needles), count: needles.length };
  }

  /**
   * Slots with the address of a list of needle addresses that ends in 0: needles that could stand at a text with that
   * hash of its bytes from STATION_KEY_AT on, in the order of the rules. `short`: for texts that end before these bytes.
   */
  stationSlots(): { slots: number; short: number } {
    const short: number[] = [];
    const bySlot = Array.from({ length: 1 << STATION_BITS }, (): number[] => []);
    for (const rule of STATION_RULES) {
      demand(rule, /^[ -~]+$/, []);
      for (const needle of rule.needles) {
        const at = this.writer.putWords(this.needleWords(needle, rule, 0));
        const key = needle.slice(STATION_KEY_AT, STATION_KEY_AT + KEY_BYTES);
        if (key.length === KEY_BYTES) {
          bySlot[slotOf(textKey(key), STATION_BITS)].push(at);
        } else {
          short.push(at);
          for (const list of bySlot) list.push(at);
        }
      }
    }
    const slots = bySlot.map((list) => this.writer.putWords([...list, 0]));
    return { slots: this.writer.putWords(slots), short: this.writer.putWords([...short, 0]) };
  }

  /** For each rule list, how its needles are found and what they mean. */
  lists(): number {
    const written = new Map<string, readonly number[]>();
    const words = RULE_LISTS.flatMap(({ rules }) => {
      const needles = rules.flatMap((rule) => rule.needles.map((needle) => [needle, rule] as const));
      // Two kinds of programs may share their rules.
      const key = JSON.stringify(needles.map(([needle, rule]) => [needle, rule.class]));
      const list = written.get(key) ?? this.list(needles);
      written.set(key, list);
      return list;
    });
    return this.writer.putWords(words);
  }

  private list(needles: readonly (readonly [string, EventRule])[]): readonly number[] {
    if (needles.length > MAX_NEEDLES) throw new RangeError(`${needles.length} needles in one list.`);
    const finder = keywordFinder(needles.map(([text]) => text));
    const ids = finder.outputs.map((found) => this.writer.put(Uint8Array.of(found.length, ...found)));
    return [
      this.writer.put(finder.filter),
      this.writer.put(finder.beginnings),
      finder.slotBits,
      // Columns and rows as distances in bytes: the entries have two.
      this.writer.put(finder.columnOf.map((column) => column * 2)),
      this.writer.put(finder.next),
      finder.rowBits + 1,
      finder.firstOutput,
      this.writer.putWords(ids),
      this.needles(needles),
    ];
  }

  private needles(needles: readonly (readonly [string, EventRule])[]): number {
    return this.writer.putWords(needles.flatMap(([text, rule]) => this.needleWords(text, rule, 0)));
  }

  private needleWords(text: string, rule: EventRule, next: number): number[] {
    const words = [
      this.text(text),
      text.length,
      eventClassId(rule.class),
      this.when(rule),
      this.take(rule),
      next,
    ];
    if (words.length !== NEEDLE_WORDS) throw new RangeError('A needle record of the wrong size.');
    return words;
  }

  private text(text: string): number {
    const at = this.texts.get(text) ?? this.writer.putText(text);
    this.texts.set(text, at);
    return at;
  }

  private when({ when }: EventRule): number {
    if (when === undefined) return 0;
    const { also = [], next, place, notAfter } = when;
    const known = this.conditions.get(when);
    if (known !== undefined) return known;
    const at = this.writer.putWords([
      notAfter === undefined ? 0 : notAfter.charCodeAt(0),
      next === undefined ? 0 : NEXT_CODES[next],
      place === undefined ? 0 : PLACE_CODES[place],
      also.length,
      ...also.flatMap((text) => this.key(text)),
    ]);
    this.conditions.set(when, at);
    return at;
  }

  private take({ take }: EventRule): number {
    if (take === undefined) return 0;
    const known = this.takes.get(take);
    if (known !== undefined) return known;
    const { mac, bssid, ssid, reason, status, freq, signal, txrate } = take;
    const keys = [bssid, ssid?.[0], ssid?.[1], reason, status, freq, signal, txrate];
    const at = this.writer.putWords([mac === undefined ? 0 : 1, ...keys.flatMap((key) => this.key(key))]);
    this.takes.set(take, at);
    return at;
  }

  private key(text: string | undefined): number[] {
    return text === undefined ? [0, 0] : [this.text(text), text.length];
  }
}

/** @throws RangeError unless all needles have the form and the rule has no other conditions than these */
function demand({ needles, when = {} }: EventRule, form: RegExp, conditions: readonly string[]): void {
  for (const needle of needles) {
    if (!form.test(needle)) throw new RangeError(`Needle "${needle}" cannot be found at its place.`);
  }
  const other = Object.keys(when).find((name) => !conditions.includes(name));
  if (other !== undefined) throw new RangeError(`Condition "${other}" has no meaning for "${needles[0]}".`);
}
