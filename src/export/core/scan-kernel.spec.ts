import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../test/support/export-fixtures.js';
import { ODD_VALUES, SEQUENCES, TIMES, WORDS } from '../../../test/support/odd-texts.js';
import { PADDING } from '../../../test/support/random-exports.js';
import { ScanBench } from '../../../test/support/scan-fixtures.js';
import { FIELD_NAMES } from './field-spans.js';

const json = JSON.stringify;
const padding = ' '.repeat(PADDING);
const usual: Readonly<Record<string, string>> = {
  id: '1',
  timestamp: '"2025-06-09T08:03:57"',
  device_id: '3',
  log_level: '"info"',
  process_name: '"hostapd"',
  message: '"m"',
};
const record = (fields: Readonly<Record<string, string>>): string =>
  `{${Object.entries({ ...usual, ...fields })
    .map(([name, value]) => `"${name}": ${value}`)
    .join(', ')}}`;

/** Between two usual records each odd one is tried, not passed over because others before it were left. */
const file = (odd: readonly string[]): Uint8Array =>
  utf8(`[${padding}${odd.map((one) => `${record({})},\n${one},\n`).join('')}${record({})}]`);

describe('the compiled scanner and its twin agree', () => {
  const both = new ScanBench(true);
  const twin = new ScanBench(false);
  function agree(bytes: Uint8Array): number {
    const before = both.compiledRows;
    const [actual, expected] = [both, twin].map((bench) => bench.read(bytes, [bytes.length]));
    expect(actual).toEqual(expected);
    return both.compiledRows - before;
  }

  it.each([...FIELD_NAMES, 'id', 'structured_data'])('on any value of %s', (name) => {
    const texts = WORDS.map((text) => json(text));
    // A string without end would swallow the rest of the file.
    const values = [...ODD_VALUES, ...texts].filter((value) => !value.includes('unterminated'));
    const taken = agree(file(values.map((value) => record({ [name]: value }))));
    // The usual records around the odd ones are all its own.
    expect(taken).toBeGreaterThan(values.length);
  });

  it('on names that are given in other fields', () => {
    const without = (name: string, fields: Readonly<Record<string, string>>): string =>
      record(fields).replace(`"${name}": ${usual[name]}`, `"${name}": null`);
    const odd = [
      '"x"',
      '5',
      '5.0',
      '""',
      '" "',
      'null',
      '[]',
      '"caf\\u00e9"',
      '"caf\u00e9"',
      `"${'z'.repeat(60)}"`,
    ];
    const records = odd.flatMap((value) => [
      ...['device_ip', 'hostname', 'host'].map((name) => without('device_id', { [name]: value })),
      ...['program', 'source'].map((name) => without('process_name', { [name]: value })),
      without('log_level', { level: value }),
    ]);
    expect(agree(file(records))).toBeGreaterThan(records.length);
  });

  it('on timestamps', () => {
    const taken = agree(file(TIMES.map((text) => record({ timestamp: json(text) }))));
    expect(taken).toBeGreaterThan(TIMES.length + 8);
  });

  it('on UTF-8, well-formed and not, at any place of a block of 16 bytes', () => {
    for (const name of ['message', 'id', 'process_name']) {
      for (let place = 0; place < 16; place++) {
        const marked = file(
          SEQUENCES.map(() => record({ [name]: `"${'a'.repeat(place)}@${'b'.repeat(20)}"` })),
        );
        const bytes: number[] = [];
        let sequence = 0;
        for (const byte of marked) bytes.push(...(byte === 64 ? SEQUENCES[sequence++] : [byte]));
        agree(Uint8Array.from(bytes));
      }
    }
  });

  it('on escapes and quotes at any place of a block of 16 bytes', () => {
    const endings = [
      '\\"',
      '\\\\',
      '\\\\\\"',
      '\\n',
      '\\u0041',
      '\\ud83d\\ude00',
      '\\x',
      '\\u00g0',
      '\u0001',
      '\\ud83d',
    ];
    const odd = endings.flatMap((ending) =>
      Array.from({ length: 33 }, (_, place) =>
        record({ message: `"${'a'.repeat(place)}${ending}${ending}tail"` }),
      ),
    );
    expect(agree(file(odd))).toBeGreaterThan(6 * 33);
  });

  it('on repeated, missing and reordered fields', () => {
    const names = Object.keys(usual);
    const missing = names.map((name) => record({}).replace(`"${name}"`, `"no_${name}"`));
    const repeated = names.map((name) => record({}).replace('}', `, "${name}": ${usual[name]}}`));
    const reversed = `{${names
      .toReversed()
      .map((name) => `"${name}" :${usual[name]}`)
      .join('\n,')}}`;
    expect(agree(file([...missing, ...repeated, reversed]))).toBeGreaterThan(12);
  });

  it('on names that are the beginning of others, of which some share a place in the table', () => {
    const names = Array.from({ length: 40_000 }, (_, n) => `"${n}"`);
    const records = [
      ...names.map((name) => record({ device_id: name })),
      // By now the places of the short names have been taken by longer ones.
      ...names.slice(0, 1000).map((name) => record({ device_id: name, process_name: name })),
    ];
    expect(agree(utf8(`[${padding}${records.join(',')}]`))).toBeGreaterThan(40_000);
  });

  it('on a CSV file cut at any place', () => {
    const rows =
      '2025-06-09 08:03:57,3,hostapd,info,a\rb\r\n2025-06-09 08:03:57,3,hostapd,info,"a ""b""\r\n"\n';
    const head = `timestamp,device_id,program,level,message\n${'\n'.repeat(PADDING)}`;
    const bytes = utf8(`${head}${rows}${rows}`);
    const expected = twin.read(bytes, [bytes.length]);
    for (let cut = head.length; cut < bytes.length; cut++) {
      expect(both.read(bytes, [cut, bytes.length]), `cut at ${cut}`).toEqual(expected);
    }
    expect(expected.rows.map(({ message }) => message).slice(0, 2)).toEqual(['a\rb', 'a "b"\r\n']);
  });

  it('on messages that do not fit into what is left of the arena', () => {
    const long = record({ message: `"${'\\n'.repeat(200_000)}"` });
    expect(agree(file(Array.from({ length: 24 }, () => long)))).toBeGreaterThan(40);
  });

  it('on more rows than a batch holds', () => {
    expect(agree(file(Array.from({ length: 5000 }, (_, i) => record({ id: String(i) }))))).toBeGreaterThan(
      9900,
    );
  });
});
