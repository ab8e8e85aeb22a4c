import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classify } from '../../features/core/event-classifier.js';
import { EVENT_CLASSES } from '../../features/core/event-class.js';
import { createEventFields } from '../../features/core/event-fields.js';
import { extractorRules } from './package-rules.js';

interface Rules {
  readonly tables: Record<string, { class: string; needles: string[] }[]>;
  readonly tables_by_program: [string, string[]][];
  readonly tables_of_other_programs: string[];
  readonly device_bits: [string, number][];
  readonly levels: Record<string, number>;
  readonly classes: Record<string, [number, number, number]>;
}

const rules = extractorRules() as unknown as Rules;

const classOf = (program: string, message: string): string =>
  EVENT_CLASSES[classify(program, message, createEventFields())];

/** A sentence that only rules of the one table know. */
const PROBES: Record<string, [message: string, expected: string]> = {
  wpa: ['wlan0: WPA: 4-Way Handshake failed - pre-shared key may be incorrect', 'wrong_key'],
  kernel: ['wlan0: deauthenticated from 02:00:00:00:00:01 (Reason: 6=CLASS2)', 'k_deauth_rx'],
  broadcom: ['eth5: Deauth_ind 02:00:00:00:00:01, status: 0, reason: left (8)', 'wlc_deauth'],
  dhcp: ['DHCPNAK(br-lan) 192.168.1.7 02:00:00:00:00:01 wrong address', 'dhcp_nak'],
  system: ['bad password attempt for root', 'login_fail'],
};

/** Quoted words between two lines of a source file. */
function quotedIn(file: string, from: string, to: string): string[] {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  const part = source.slice(source.indexOf(from), source.indexOf(to, source.indexOf(from)));
  return [...part.matchAll(/'([^']+)'/g)].map(([, word]) => word);
}

describe('the rules of the packaged extractor', () => {
  it.each([...rules.tables_by_program, ['a program nobody knows', rules.tables_of_other_programs] as const])(
    'tries for %s exactly the tables that the classifier tries',
    (program, tables) => {
      const tried = Object.keys(PROBES).filter(
        (table) => classOf(program, PROBES[table][0]) === PROBES[table][1],
      );
      expect(tried).toEqual(Object.keys(PROBES).filter((table) => tables.includes(table)));
    },
  );

  it('lists every program that the classifier has a list of its own for, in its order', () => {
    const known = quotedIn('../../features/core/event-classifier.ts', 'const RULES_BY_PROGRAM', '];');
    expect(rules.tables_by_program.map(([part]) => part)).toEqual(known);
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
    const [wifi, failure, disconnect] = [1, 2, 4];
    expect(rules.classes.wlc_assoc[1]).toBe(wifi | failure);
    expect(rules.classes.wlc_deauth).toEqual([
      wifi | disconnect,
      wifi | disconnect,
      wifi | disconnect | failure,
    ]);
    expect(rules.classes.other).toEqual([0, 0, 0]);
  });

  it('carries no pattern in the syntax of another language', () => {
    expect(JSON.stringify(rules)).not.toMatch(/\\\\s|"pattern":"[^"]*\$/);
  });
});
