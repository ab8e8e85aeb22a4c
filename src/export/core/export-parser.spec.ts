import { describe, expect, it } from 'vitest';
import { AppError } from '../../shared/errors.js';
import { logEntry, parseExport, utf8, type ParseSettings } from '../../../test/support/export-fixtures.js';

const json = JSON.stringify;
const entries = (count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, i) => logEntry({ id: i, message: `line ${i}` }));

function failure(input: string | Uint8Array, settings: ParseSettings = {}): AppError {
  try {
    parseExport(input, settings);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('the export was accepted');
}

const CSV_HEADER = 'device_id,message,raw_message,timestamp\n';

describe('format detection', () => {
  it.each([
    ['json-logs', json({ logs: entries(2), metadata: { total_records: 2 } })],
    ['json-logs', json({ metadata: { note: { deep: [1, 2] } }, logs: entries(2) }, null, 2)],
    ['json-logs', `\ufeff${json({ metadata: {}, logs: entries(2) })}\r\n`],
    ['json-exporter', json({ export_metadata: { total_records: 2 }, data: entries(2) }, null, 2)],
    ['json-exporter', json({ data: entries(2), metadata: {} })],
    ['json-exporter', json({ message: 'export done', timestamp: '2025-06-09T00:00:00Z', data: entries(2) })],
    ['json-array', json(entries(2), null, 2)],
    [
      'ndjson',
      entries(2)
        .map((entry) => json(entry))
        .join('\n'),
    ],
    [
      'ndjson',
      entries(2)
        .map((entry) => `${json(entry)}\r\n`)
        .join('\r\n'),
    ],
    [
      'ndjson',
      entries(2)
        .map((entry) => json(entry, null, 2))
        .join('\n'),
    ],
    ['csv', `${CSV_HEADER}1,line 0,,2025-06-09 08:03:57\n1,line 1,,2025-06-09 08:03:58`],
    [
      'csv',
      '\ufeff"timestamp";"message";"device_id"\r\n2025-06-09 08:03:57;line 0;1\r\n2025-06-09 08:03:57;line 1;1\r\n',
    ],
    ['csv', 'Timestamp\tMessage\tHost\n2025-06-09 08:03:57\tline 0\tap\n2025-06-09 08:03:57\tline 1\tap\n'],
  ])('reads %s', (format, text) => {
    for (const chunkBytes of [1, 7, 100_000]) {
      const parsed = parseExport(text, { chunkBytes });
      expect(parsed.format).toBe(format);
      expect(parsed.records.map(({ message }) => message)).toEqual(['line 0', 'line 1']);
      expect(parsed.report.stats.invalid_logs).toBe(0);
    }
  });

  it('takes a single object with record fields as NDJSON of one record', () => {
    expect(parseExport(json(logEntry())).format).toBe('ndjson');
  });

  it.each([
    ['an empty file', '', 'empty'],
    ['white space only', ' \n\n', 'empty'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0), 'compressed'],
    ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0), 'compressed'],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x7b, 0, 0x22, 0), 'utf16'],
    ['binary garbage', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0), 'unknown_format'],
    ['a text that is no export', 'Dear operator,\nplease find attached', 'unknown_format'],
    ['a number', '5', 'unknown_format'],
    ['logs that is no array', '{"logs": 5}', 'wrong_type'],
    ['data that is an object', '{"data": {"a": 1}}', 'wrong_type'],
    ['an object without records', '{"users": [], "count": 0}', 'no_records_array'],
    ['two lists of records', '{"logs": [], "data": []}', 'duplicate_records'],
    ['logs given twice', '{"logs": [], "logs": []}', 'duplicate_records'],
    ['text behind the export', '{"logs": []} x', 'trailing_data'],
    ['a second document', '[] []', 'trailing_data'],
    ['a missing comma between records', '[{} {}]', 'invalid_json'],
    ['a trailing comma', '[{},]', 'invalid_json'],
    ['an empty place in the list', '[{},,{}]', 'invalid_json'],
    ['a CSV without timestamp', 'message,device_id\na,1\n', 'missing_column'],
    ['a CSV column given twice', 'message,timestamp,message\n', 'duplicate_column'],
    [
      'nesting outside the records',
      `{"metadata": ${'['.repeat(100)}${']'.repeat(100)}, "logs": []}`,
      'too_deep',
    ],
  ])('refuses %s', (_, input, reason) => {
    for (const chunkBytes of [1, 100_000]) {
      const error = failure(input, { chunkBytes });
      expect(error.code).toBe('export_invalid');
      expect(error.details.reason).toBe(reason);
      expect(error.message).toContain('export.json');
      expect(error.hint).toBeTruthy();
    }
  });

  it('lists the keys it saw when there is no list of records', () => {
    expect(failure('{"users": [], "count": 0}').message).toContain('"users", "count"');
  });

  it('names the first bytes of a binary file', () => {
    expect(failure(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)).message).toContain('89 50 4e 47');
  });
});

describe('files that break off or never end', () => {
  const whole = json({ logs: entries(3) });

  it('say where a truncated JSON export ends and how much was read', () => {
    const cut = whole.slice(0, whole.lastIndexOf('"message"'));
    const error = failure(cut, { chunkBytes: 50 });
    expect(error.details).toMatchObject({ reason: 'truncated', byte_offset: cut.length, record_index: 2 });
    expect(error.message).toContain('2 records were read');
  });

  it('are refused at any cut of a JSON export', () => {
    for (let length = 1; length < whole.length; length++) {
      expect(failure(whole.slice(0, length)).code).toBe('export_invalid');
    }
  });

  it('count a cut last line of NDJSON as one invalid record', () => {
    const text = entries(2)
      .map((entry) => json(entry))
      .join('\n');
    const { report, records } = parseExport(text.slice(0, -5), { chunkBytes: 64 });
    expect(records).toHaveLength(1);
    expect(report.errors.concat(report.warnings).find(({ code }) => code === 'truncated_record')?.count).toBe(
      1,
    );
  });

  it('name the row whose quote is never closed in CSV', () => {
    const text = `${CSV_HEADER}1,a,,2025-06-09 08:03:57\n1,"open,,2025-06-09 08:03:57\n1,b,,2025-06-09 08:03:57\n`;
    const error = failure(text);
    expect(error.details).toMatchObject({ reason: 'truncated', record_index: 1 });
    expect(error.message).toContain(`byte ${text.indexOf('1,"open')}`);
  });

  it.each([
    ['{"logs": [', '{"message": "', 'x'],
    ['', '{"message": "', 'x'],
    [CSV_HEADER, '1,', 'x'],
    ['{"metadata": "', '', 'x'],
    ['[', '', '['],
    ['[{"a":', '', '{"a":'],
  ])('are refused soon when a record after %j never ends', (head, start, filler) => {
    const chunk = utf8(filler.repeat(65_536));
    const input = new Uint8Array(64 * chunk.length);
    const first = utf8(head + start);
    for (let at = 0; at < input.length; at += chunk.length) input.set(chunk, at);
    input.set(first, 0);
    const error = failure(input, {
      chunkBytes: 65_536,
      parser: { limits: { maxRecordBytes: 100_000 } },
    });
    expect(['record_too_large', 'too_deep']).toContain(error.details.reason);
  });

  it('judge the size of a record the same however the bytes arrive', () => {
    const text = `[${json(logEntry({ message: 'x'.repeat(2000) }))}]`;
    for (const chunkBytes of [10, 900, 100_000]) {
      const error = failure(text, { chunkBytes, parser: { limits: { maxRecordBytes: 1500 } } });
      expect(error.details).toMatchObject({ reason: 'record_too_large', record_index: 0, byte_offset: 1 });
    }
  });
});

describe('invalid records', () => {
  const good = json(logEntry({ message: 'good' }));
  it.each([
    ['not_an_object', '5'],
    ['not_an_object', '"text, with ] and }"'],
    ['not_an_object', 'null'],
    ['not_an_object', '[{"message": "a"}]'],
    ['duplicate_key', '{"message": "a", "message": "b"}'],
    ['duplicate_key', '{"message": "a", "mess\\u0061ge": "b"}'],
    ['invalid_json', '{"message": "a" "timestamp": 1}'],
    ['invalid_json', '{"message": NaN}'],
    ['invalid_json', '{"message": "a", "n": 01}'],
    ['invalid_json', '{"message": "a", "n": 0x10}'],
    ['invalid_json', '{"message": "a", "n": 1.}'],
    ['invalid_json', '{"message": "a", "n": +1}'],
    ['invalid_json', '{"message": "a", "n": -}'],
    ['invalid_json', '{"message": "tab\there"}'],
    ['invalid_json', '{"message": "\\x41"}'],
    ['invalid_json', '{"message": "\\u12G4"}'],
    ['invalid_json', "{message: 'a'}"],
    ['invalid_json', '{"message": "a",}'],
    ['invalid_json', '{"list": [1,]}'],
    ['invalid_json', 'undefined'],
    ['too_deep', `{"a": ${'['.repeat(64)}${']'.repeat(64)}}`],
    ['too_deep', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['too_deep', `{"a":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_001)}`],
    ['missing_message', json(logEntry({ message: undefined }))],
    ['missing_message', json(logEntry({ message: null }))],
    ['message_not_text', json(logEntry({ message: 5 }))],
    ['message_not_text', json(logEntry({ message: { text: 'a' } }))],
    ['missing_timestamp', json(logEntry({ timestamp: undefined }))],
    ['timestamp_not_text', json(logEntry({ timestamp: 1_750_000_000 }))],
    ['timestamp_invalid', json(logEntry({ timestamp: '2025-02-30T00:00:00Z' }))],
    ['timestamp_invalid', json(logEntry({ timestamp: '+275760-09-13T00:00:00Z' }))],
    ['timestamp_out_of_range', json(logEntry({ timestamp: '1970-01-01T00:00:00Z' }))],
    ['timestamp_out_of_range', json(logEntry({ timestamp: '9999-12-31T00:00:00Z' }))],
    ['device_missing', json(logEntry({ device_id: null, device_ip: '', raw_message: 'no header' }))],
    ['device_invalid', json(logEntry({ device_id: 'x'.repeat(300) }))],
    ['device_invalid', json(logEntry({ device_id: [3] }))],
    ['device_invalid', json(logEntry()).replace('"device_id":3', '"device_id":1e999')],
  ])('%s: counted, and the next record is read: %.60s', (reason, record) => {
    for (const chunkBytes of [13, 1_000_000]) {
      const { records, report } = parseExport(`{"logs": [${good}, ${record}, ${good}]}`, { chunkBytes });
      expect(records.map(({ message }) => message)).toEqual(['good', 'good']);
      expect(report.stats).toMatchObject({ log_count: 3, valid_logs: 2, invalid_logs: 1 });
      const finding = report.warnings.find(({ code }) => code === reason);
      expect(finding).toMatchObject({
        count: 1,
        examples: [{ record_index: 1, byte_offset: 12 + good.length }],
      });
    }
  });

  it('accepts the deepest nesting that is allowed', () => {
    const { report } = parseExport(
      `[${json(logEntry()).slice(0, -1)},"deep":${'['.repeat(63)}${']'.repeat(63)}}]`,
    );
    expect(report.stats.valid_logs).toBe(1);
  });

  it.each([
    ['overlong', [0xc0, 0xaf]],
    ['surrogate', [0xed, 0xa0, 0x80]],
    ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['cut off', [0xe2, 0x82]],
    ['stray continuation', [0x80]],
  ])('counts %s bytes as invalid_utf8, in JSON and in CSV', (_, bad) => {
    const splice = (text: string): Uint8Array => {
      const [before, after] = text.split('#');
      return Uint8Array.from([...utf8(before), ...bad, ...utf8(after)]);
    };
    for (const text of [
      `[${json(logEntry({ message: 'a#b' }))},${good}]`,
      `${CSV_HEADER}1,a#b,,2025-06-09 08:03:57\n`,
    ]) {
      const { report } = parseExport(splice(text));
      expect(report.stats.invalid_logs).toBe(1);
      expect(report.errors.concat(report.warnings).map(({ code }) => code)).toContain('invalid_utf8');
    }
  });

  it('goes on with the next line of NDJSON, whatever the line holds', () => {
    const lines = [good, '{"message": "open', '[1, 2', '42', `${good} tail`, '{"a": 1', '}', good];
    for (const chunkBytes of [5, 1_000_000]) {
      const { records, report } = parseExport(lines.join('\n'), { chunkBytes });
      expect(records).toHaveLength(2);
      expect(report.stats.log_count).toBe(8 - 1);
    }
  });

  it('counts CSV rows with the wrong number of columns or text behind a quote', () => {
    const text = `${CSV_HEADER}1,a\n1,"a"b,,2025-06-09 08:03:57\n1,a,,2025-06-09 08:03:57,5\n1,ok,,2025-06-09 08:03:57\n`;
    const { records, report } = parseExport(text, { chunkBytes: 3 });
    expect(records.map(({ message, recordIndex }) => [message, recordIndex])).toEqual([['ok', 3]]);
    const counts = Object.fromEntries(report.errors.map(({ code, count }) => [code, count]));
    expect(counts).toMatchObject({ wrong_column_count: 2, invalid_quoting: 1, mostly_invalid: 3 });
  });
});
