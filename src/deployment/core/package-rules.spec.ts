import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RULE_LISTS } from '../../features/core/event-rule-lists.js';
import { STATION_RULES, TOKEN_PREFIX_RULES, TOKEN_RULES } from '../../features/core/event-rules.js';
import { extractorRules } from './package-rules.js';

interface Row {
  readonly class: string;
  readonly needles: string[];
  readonly when?: { also?: string[]; next?: string; place?: string; not_after?: string };
  readonly take?: Record<string, unknown>;
}

interface Rules {
  readonly token_rules: Row[];
  readonly token_prefix_rules: Row[];
  readonly station_rules: Row[];
  readonly sentence_rules: Row[];
  readonly rule_lists: { programs: string[]; rules: number[] }[];
  readonly device_bits: [string, number][];
  readonly levels: Record<string, number>;
  readonly classes: Record<string, [number, number, number]>;
}

/** As the extractor reads them. */
const rules = JSON.parse(JSON.stringify(extractorRules())) as Rules;

/** A row of the file under the names of the code. */
function asInCode({ when, ...row }: Row): object {
  if (when === undefined) return row;
  const { not_after: notAfter, ...others } = when;
  return { ...row, when: notAfter === undefined ? others : { ...others, notAfter } };
}

const sentence = (part: string): Row | undefined =>
  rules.sentence_rules.find(({ needles }) => needles.includes(part));

/** Quoted words between two lines of a source file. */
function quotedIn(file: string, from: string, to: string): string[] {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  const part = source.slice(source.indexOf(from), source.indexOf(to, source.indexOf(from)));
  return [...part.matchAll(/'([^']+)'/g)].map(([, word]) => word);
}

describe('the rules of the packaged extractor', () => {
  it('are those of the classifier, conditions and fields included, in its order', () => {
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    expect(rules.token_rules.map(asInCode)).toEqual(plain(TOKEN_RULES));
    expect(rules.token_prefix_rules.map(asInCode)).toEqual(plain(TOKEN_PREFIX_RULES));
    expect(rules.station_rules.map(asInCode)).toEqual(plain(STATION_RULES));
    const lists = rules.rule_lists.map(({ programs, rules: places }) => ({
      programs,
      rules: places.map((at) => asInCode(rules.sentence_rules[at])),
    }));
    expect(lists).toEqual(plain(RULE_LISTS.map(({ programs, rules: list }) => ({ programs, rules: list }))));
  });

  it('say each kind of condition as data', () => {
    expect(sentence(': Assoc ')?.when).toEqual({ next: 'address' });
    expect(sentence("Network alias '")?.when).toEqual({
      place: 'start',
      also: ["' is ", "' link ", "' has "],
    });
    expect(sentence(': associated')?.when).toEqual({ place: 'interface' });
    expect(sentence('EAPOL-Key timeout')?.when).toEqual({ place: 'end' });
    expect(sentence('reboot')?.when).toEqual({ not_after: '@' });
    expect(rules.token_prefix_rules[1].when).toEqual({ next: 'capital' });
    expect(JSON.stringify(rules)).not.toMatch(/"pattern"/);
  });

  it('write a sentence that several programs know once', () => {
    const places = rules.rule_lists.flatMap((list) => list.rules);
    expect(new Set(places).size).toBe(rules.sentence_rules.length);
    expect(places.length).toBeGreaterThan(2 * rules.sentence_rules.length);
    expect(Math.min(...places)).toBe(0);
  });

  it('lists every program that tells what a device is', () => {
    const known = quotedIn('../../features/core/device-kind.ts', 'const TELLING_PROGRAMS', '];');
    expect(rules.device_bits.map(([part]) => part)).toEqual(known);
    expect(rules.device_bits.every(([, bit]) => bit > 0)).toBe(true);
  });

  it('knows every spelling of a severity', () => {
    const known = quotedIn('../../export/core/log-level.ts', 'const SPELLINGS', '];');
    expect(Object.keys(rules.levels)).toEqual(expect.arrayContaining(known));
    expect(Object.values(rules.levels).every((level) => level >= 0)).toBe(true);
  });

  it('counts a refused association and a handshake timeout as failed authentications', () => {
    const [wifi, failure, disconnect, lost, client] = [1, 2, 4, 128, 32_768];
    expect(rules.classes.wlc_assoc[1]).toBe(wifi | failure | client);
    const ended = wifi | disconnect | lost | client;
    expect(rules.classes.wlc_deauth).toEqual([ended, ended, ended | failure]);
    expect(rules.classes.other).toEqual([0, 0, 0]);
  });
});
