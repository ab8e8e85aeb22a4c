import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { parseExport, utf8, type ParsedExport } from '../../../test/support/export-fixtures.js';
import { normaliseLevel } from './log-level.js';
import { cleanName } from './field-decoder.js';
import { parseTimestampMs } from './timestamp.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Everything JSON.stringify leaves to the writer: white space, escapes, key order. Driven by a list of choices. */
class Writer {
  private at = 0;
  constructor(private readonly choices: readonly number[]) {}

  private choose(bound: number): number {
    const choice = this.choices[this.at++ % this.choices.length];
    return choice % bound;
  }

  space(): string {
    return ['', '', '', ' ', '\n', '\r\n', '\t  '][this.choose(7)];
  }

  string(text: string): string {
    let out = '"';
    for (let i = 0; i < text.length; i++) {
      const unit = text[i];
      const code = text.charCodeAt(i);
      const hex = code.toString(16).padStart(4, '0');
      const surrogate = code >= 0xd800 && code <= 0xdfff;
      if (code < 0x20 || unit === '"' || unit === '\\' || (surrogate && this.choose(2) === 0)) {
        out += this.choose(2) === 0 ? `\\u${hex}` : JSON.stringify(unit).slice(1, -1);
      } else if (unit === '/' && this.choose(2) === 0) {
        out += '\\/';
      } else if (!surrogate && this.choose(9) === 0) {
        out += `\\u${this.choose(2) === 0 ? hex : hex.toUpperCase()}`;
      } else {
        out += unit;
      }
    }
    return `${out}"`;
  }

  value(value: Json): string {
    if (typeof value === 'string') return this.string(value);
    if (Array.isArray(value))
      return `[${this.space()}${value.map((item) => this.value(item) + this.space()).join(',')}]`;
    if (value !== null && typeof value === 'object') {
      const members = Object.entries(value).map(
        ([key, item]) =>
          `${this.space()}${this.string(key)}${this.space()}:${this.space()}${this.value(item)}${this.space()}`,
      );
      return `{${members.join(',')}}`;
    }
    return JSON.stringify(value);
  }
}

/** The documented meaning of a record, from what JSON.parse makes of it. Null = invalid. */
function expectedRecord(entry: Json): Record<string, unknown> | null {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return null;
  const own = (key: string): Json | undefined => (Object.hasOwn(entry, key) ? entry[key] : undefined);
  // Both halves of the comparison go through UTF-8, which cannot hold half a surrogate pair.
  const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
  const name = (value: Json | undefined): string =>
    typeof value === 'string' || typeof value === 'number' ? cleanName(wellFormed(String(value))) : '';
  const text = (value: Json | undefined): string => (typeof value === 'string' ? name(value) : '');
  const timestamp = own('timestamp');
  const message = own('message');
  if (typeof timestamp !== 'string' || typeof message !== 'string') return null;
  const ms = parseTimestampMs(timestamp);
  if (!(ms >= Date.UTC(2000, 0, 1) && ms < Date.UTC(2100, 0, 1))) return null;
  const id = own('device_id');
  if (typeof id === 'boolean' || (id !== null && typeof id === 'object')) return null;
  const device = name(id) || name(own('device_ip'));
  if (device === '' || device.length > 256) return null;
  const level = own('log_level');
  return {
    timestampMs: ms,
    device,
    program: text(own('process_name')).replace(/\[\d+\]$/, ''),
    level: level === undefined || level === null ? -1 : normaliseLevel(name(level)),
    message: wellFormed(message),
  };
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
);
const anyJson = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }) as fc.Arbitrary<Json>;
const timestamp = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .integer({ min: 946_684_800, max: 4_102_444_799 })
      .map((s) => new Date(s * 1000).toISOString()),
  },
  { weight: 1, arbitrary: text },
);
const fields: Record<string, fc.Arbitrary<Json>> = {
  timestamp,
  message: fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: anyJson }),
  device_id: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), text, anyJson),
  device_ip: fc.ipV4(),
  process_name: fc.constantFrom('hostapd', 'kernel', 'wpa_supplicant[12]'),
  log_level: fc.oneof(fc.constantFrom('ERROR', 'info', 'notice', null), text),
  structured_data: anyJson,
};
const record = fc.record(fields, { requiredKeys: ['timestamp', 'message', 'device_ip'] });
const entries = fc.array(
  fc.oneof({ weight: 9, arbitrary: record as fc.Arbitrary<Json> }, { weight: 1, arbitrary: anyJson }),
  {
    minLength: 1,
    maxLength: 6,
  },
);
const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 40 });
const chunkBytes = fc.constantFrom(1, 2, 3, 5, 17, 64, 1000, 1_000_000);

const summary = ({ records }: ParsedExport): unknown[] =>
  records.map(({ timestampMs, device, program, level, message }) => ({
    timestampMs,
    device,
    program,
    level,
    message,
  }));

describe('the parser against JSON.parse', () => {
  it('finds the same fields in any valid JSON, however it is written and cut into chunks', () => {
    fc.assert(
      fc.property(
        entries,
        choices,
        chunkBytes,
        fc.constantFrom('logs', 'data', 'array'),
        (list, picks, step, shape) => {
          const writer = new Writer(picks);
          const value: Json =
            shape === 'array' ? list : { metadata: { total_records: list.length }, [shape]: list };
          const source = writer.value(value);
          // The bytes decide: lone surrogates written raw become U+FFFD on both sides.
          const bytes = utf8(source);
          const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Json;
          const seen = (Array.isArray(parsed) ? parsed : (parsed as Record<string, Json>)[shape]) as Json[];
          const expected = seen.map(expectedRecord).filter((entry) => entry !== null);
          const actual = parseExport(bytes, { chunkBytes: step });
          expect(summary(actual)).toEqual(expected);
          expect(actual.report.stats.log_count).toBe(list.length);
          expect(actual.report.stats.invalid_logs).toBe(list.length - expected.length);
        },
      ),
      { seed: 20250609, numRuns: 2000 },
    );
  });

  it('reads NDJSON like the same records in a list', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), chunkBytes, (list, step) => {
        const lines = `${list.map((entry) => JSON.stringify(entry)).join('\n')}\n`;
        expect(summary(parseExport(lines, { chunkBytes: step }))).toEqual(
          summary(parseExport(JSON.stringify(list))),
        );
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('reads CSV like the same records in JSON', () => {
    const cell = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    const row = fc.record({
      timestamp,
      message: text,
      device_ip: fc.ipV4(),
      process_name: fields.process_name,
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), chunkBytes, (list, step) => {
        const rows = list.map((entry) =>
          Object.values(entry)
            .map((value) => cell(value as string))
            .join(','),
        );
        const csv = parseExport(['timestamp,message,device_ip,process_name', ...rows].join('\r\n'), {
          chunkBytes: step,
        });
        expect(summary(csv)).toEqual(summary(parseExport(JSON.stringify(list))));
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it('either reads damaged bytes or refuses them with export_invalid, the same way for any chunk size', () => {
    const outcome = (bytes: Uint8Array, step: number): unknown => {
      try {
        const { report, records } = parseExport(bytes, { chunkBytes: step });
        return {
          stats: report.stats,
          codes: report.warnings.map(({ code }) => code),
          messages: records.length,
        };
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        expect(error.code).toBe('export_invalid');
        return error.details;
      }
    };
    const mutation = fc.record({
      at: fc.nat(),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...utf8('"\\{}[],:\n;'))),
    });
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('logs', 'ndjson', 'csv'),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        chunkBytes,
        (list, shape, mutations, cut, step) => {
          const source =
            shape === 'logs'
              ? JSON.stringify({ logs: list })
              : shape === 'ndjson'
                ? list.map((entry) => JSON.stringify(entry)).join('\n')
                : `timestamp,message\n${list.map((entry) => `${JSON.stringify(entry.timestamp)},"x"`).join('\n')}`;
          const whole = utf8(source);
          for (const { at, byte } of mutations) whole[at % whole.length] = byte;
          const bytes = cut % 3 === 0 ? whole.subarray(0, cut % whole.length) : whole;
          expect(outcome(bytes, step)).toEqual(outcome(bytes, 1_000_000));
        },
      ),
      { seed: 9, numRuns: 1000 },
    );
  });
});
