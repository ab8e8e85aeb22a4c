import { describe, expect, it } from 'vitest';
import { parseExport } from '../../../../test/support/export-fixtures.js';
import { logColumns, type LogColumns, type TableColumn } from './log-columns.js';
import { quoteName, quoteTable, selectLines } from './log-query.js';
import { programsOf, pulledFileName, rangeOf } from './log-range.js';
import { LogText, shortTime, type LogFormat } from './log-text.js';

const column = (name: string, type = 'text'): TableColumn => ({ name, type });
const TIME = column('timestamp', 'timestamp with time zone');

function columnsOf(...table: TableColumn[]): LogColumns {
  const found = logColumns(table);
  if ('problems' in found) throw new Error(JSON.stringify(found.problems));
  return found.columns;
}

describe('the columns of a log table', () => {
  it('are taken by the names that exports use, in one order; others are left alone', () => {
    const columns = columnsOf(
      column('secret_note'),
      column('message'),
      column('device_id', 'integer'),
      TIME,
      column('program'),
      column('id', 'bigint'),
    );
    expect(columns.all.map(({ name, isNumber }) => [name, isNumber])).toEqual([
      ['id', true],
      ['timestamp', false],
      ['message', false],
      ['program', false],
      ['device_id', true],
    ]);
    expect(columns).toMatchObject({
      programs: ['program'],
      hasRawMessage: false,
      isZoneless: false,
      hasId: true,
    });
  });

  it('that are missing are all named at once', () => {
    const found = logColumns([column('time'), column('msg'), column('process')]);
    expect('problems' in found && found.problems.map(({ wanted }) => wanted)).toEqual([
      'timestamp',
      'message',
      'process_name',
    ]);
  });

  it('need a time that is one', () => {
    const found = logColumns([column('timestamp', 'text'), column('message'), column('process_name')]);
    expect('problems' in found && found.problems).toEqual([
      {
        wanted: 'timestamp',
        message: 'is of the type text, expected timestamp with time zone or timestamp without time zone',
      },
    ]);
  });

  it('may come with raw lines only', () => {
    expect(columnsOf(TIME, column('raw_message')).hasRawMessage).toBe(true);
  });
});

describe('a query', () => {
  it('quotes names, so that no name is SQL', () => {
    expect(quoteName('log"; DROP TABLE runs; --')).toBe('"log""; DROP TABLE runs; --"');
    expect(quoteTable('mcp.log_entries')).toBe('"mcp"."log_entries"');
  });

  it('holds nothing that a person wrote but names', () => {
    const columns = columnsOf(TIME, column('message'), column('process_name'));
    const { text, values } = selectLines('log_entries', columns, {
      startMs: Date.UTC(2025, 4, 1),
      endMs: Date.UTC(2025, 5, 1),
      programs: ["hostapd'); DROP TABLE log_entries; --"],
    });
    expect(text).not.toContain('DROP');
    expect(values).toEqual([
      '2025-05-01T00:00:00Z',
      '2025-06-01T00:00:00Z',
      ["hostapd'); drop table log_entries; --"],
    ]);
  });
});

describe('the range', () => {
  const now = Date.UTC(2025, 5, 15, 12);

  it('is the last 30 days when nobody names a date', () => {
    expect(rangeOf(null, null, now)).toEqual({ startMs: Date.UTC(2025, 4, 16, 12), endMs: now });
  });

  it('ends now when only a start is given, and begins 30 days before a given end', () => {
    expect(rangeOf(Date.UTC(2025, 0, 1), null, now)).toEqual({ startMs: Date.UTC(2025, 0, 1), endMs: now });
    expect(rangeOf(null, Date.UTC(2025, 4, 31), now)).toEqual({
      startMs: Date.UTC(2025, 4, 1),
      endMs: Date.UTC(2025, 4, 31),
    });
  });

  it('gives its file a name that says the last day as a person does', () => {
    const may = { startMs: Date.UTC(2025, 4, 1), endMs: Date.UTC(2025, 5, 1) };
    expect(pulledFileName('mcp.log_entries', may)).toBe('mcp_log_entries_20250501_20250531.ndjson');
    expect(pulledFileName('l', { ...may, endMs: now })).toBe('l_20250501_20250615T120000.ndjson');
  });

  it('has the programs asked for, else those of the configuration; "*" and none are all', () => {
    expect(programsOf(['dnsmasq'], ['hostapd'])).toEqual(['dnsmasq']);
    expect(programsOf(null, ['hostapd'])).toEqual(['hostapd']);
    expect(programsOf(['*'], ['hostapd'])).toBeNull();
    expect(programsOf(null, [])).toBeNull();
  });
});

describe('the text of an export', () => {
  const columns = columnsOf(
    column('id', 'bigint'),
    TIME,
    column('message'),
    column('process_name'),
    column('device_id', 'integer'),
  );
  const ROWS = [
    ['1', '2025-06-09T08:03:57.25Z', 'he said "no", then\nleft', 'hostapd', '3'],
    ['2', '2025-06-09T08:03:58Z', '=HYPERLINK("http://x")', 'hostapd', '-4'],
    ['3', '2025-06-09T08:03:59Z', 'ssid ünïcode ✓', null, null],
  ];

  function write(format: LogFormat): { text: string; guarded: number } {
    const writer = new LogText({ format, columns: columns.all, createdAt: '2025-06-15T12:00:00Z' });
    const text = writer.head() + ROWS.map((row) => writer.row(row)).join('') + writer.tail();
    return { text, guarded: writer.guardedCells };
  }

  it('is CSV per RFC 4180, in which no cell is run as a formula', () => {
    expect(write('csv')).toEqual({
      text:
        'id,timestamp,message,process_name,device_id\r\n' +
        '1,2025-06-09T08:03:57.25Z,"he said ""no"", then\nleft",hostapd,3\r\n' +
        '2,2025-06-09T08:03:58Z,"\'=HYPERLINK(""http://x"")",hostapd,-4\r\n' +
        '3,2025-06-09T08:03:59Z,ssid ünïcode ✓,,\r\n',
      guarded: 1,
    });
  });

  it('is JSON as the real exporter writes it, with the number of records counted', () => {
    const document = JSON.parse(write('json').text) as { data: object[]; export_metadata: object };
    expect(document.export_metadata).toEqual({
      created_at: '2025-06-15T12:00:00Z',
      total_records: 3,
      format: 'json',
    });
    expect(document.data[1]).toEqual({
      id: 2,
      timestamp: '2025-06-09T08:03:58Z',
      message: '=HYPERLINK("http://x")',
      process_name: 'hostapd',
      device_id: -4,
    });
    expect(document.data[2]).toMatchObject({ process_name: null, device_id: null });
  });

  it.each(['csv', 'json', 'ndjson'] as const)('is read back from %s', (format) => {
    const { records } = parseExport(write(format).text, { fileName: `logs.${format}` });
    expect(records.map(({ timestampMs, message }) => [timestampMs, message]).slice(0, 1)).toEqual([
      [Date.UTC(2025, 5, 9, 8, 3, 57, 250), 'he said "no", then\nleft'],
    ]);
    expect(records.map(({ device }) => device).slice(0, 2)).toEqual(['3', '-4']);
  });

  it('writes times without zeros that say nothing', () => {
    expect(shortTime('2025-05-01T00:00:00.000000Z')).toBe('2025-05-01T00:00:00Z');
    expect(shortTime('2025-05-01T00:00:10.120000Z')).toBe('2025-05-01T00:00:10.12Z');
    expect(shortTime('2025-05-01T00:00:00.000001Z')).toBe('2025-05-01T00:00:00.000001Z');
  });
});
