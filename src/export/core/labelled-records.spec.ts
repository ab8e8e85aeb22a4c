import { describe, expect, it } from 'vitest';
import { decodeText, parseExport, utf8 } from '../../../test/support/export-fixtures.js';
import { ExportParser } from './export-parser.js';
import { plainMemory } from './ingest-memory.js';
import { LabelledRecords } from './labelled-records.js';
import { recordNames } from './name-table.js';
import { recordLabel } from './record-label.js';
import { RecordBatch } from './record-batch.js';
import { ValidationCollector } from './validation-collector.js';

const memory = plainMemory();
const T0 = Date.UTC(2024, 0, 1);

/** Windows of five minutes, two devices: ap-1 and ap-2 by turns. */
const WINDOWS = {
  devices: ['ap-1', 'ap-2'],
  deviceIndex: Int32Array.of(0, 1, 0, 1),
  startMs: Float64Array.of(T0, T0, T0 + 300_000, T0 + 300_000),
  windowSeconds: 300,
};

/** Labels of the windows, and the warnings about the export. */
function labelsOf(
  text: string,
  windows: Parameters<LabelledRecords['label']>[0] = WINDOWS,
  startMs: number | null = null,
) {
  const names = recordNames();
  const batch = new RecordBatch(memory, names);
  const collector = new ValidationCollector({ names, windowSeconds: 300, wifiRequired: false, startMs });
  const tracker = collector.openFile('export');
  const labelled = new LabelledRecords();
  const parser = new ExportParser({
    fileName: 'export',
    decode: decodeText,
    tracker,
    batch,
    labelField: utf8('Attack'),
    onBatch: () => {
      tracker.take(batch);
      labelled.take(batch);
      batch.clear();
    },
  });
  parser.push(utf8(text));
  parser.end();
  const codes = collector.finish([]).warnings.map(({ code }) => code);
  return { labels: [...labelled.label(windows, names)], unknown: codes.includes('label_unknown') };
}

const record = (minute: number, device: string, attack: unknown): string =>
  JSON.stringify({
    timestamp: new Date(T0 + minute * 60_000).toISOString(),
    message: 'm',
    device_id: device,
    process_name: 'p',
    level: 'info',
    Attack: attack,
  });

describe('a label field of the records', () => {
  it('marks the window of its device, in JSON, NDJSON and CSV', () => {
    const records = [record(1, 'ap-1', true), record(2, 'ap-2', false), record(6, 'ap-2', 'anomaly')];
    const csv = [
      'timestamp,message,device_id,attack',
      '2024-01-01T00:01:00Z,m,ap-1,1',
      '2024-01-01T00:02:00Z,m,ap-2,0',
      '2024-01-01T00:06:00Z,m,ap-2,"yes"',
    ].join('\n');
    for (const text of [`{"logs":[${records.join(',')}]}`, records.join('\n'), csv])
      expect(labelsOf(text)).toEqual({ labels: [1, 0, 0, 1], unknown: false });
  });

  it('marks the pooled window of all devices', () => {
    const pooled = {
      devices: ['*'],
      deviceIndex: Int32Array.of(0, 0),
      startMs: Float64Array.of(T0, T0 + 300_000),
      windowSeconds: 300,
    };
    expect(labelsOf(record(6, 'ap-2', 1), pooled).labels).toEqual([0, 1]);
  });

  it('counts for records within the dates only', () => {
    const text = [record(1, 'ap-1', true), record(6, 'ap-1', true)].join('\n');
    expect(labelsOf(text, WINDOWS, T0 + 300_000).labels).toEqual([0, 0, 1, 0]);
  });

  it('is normal when it is absent, null or empty, and a warning when it is no label', () => {
    const text = [record(1, 'ap-1', undefined), record(1, 'ap-1', null), record(2, 'ap-1', '')].join('\n');
    expect(labelsOf(text)).toEqual({ labels: [0, 0, 0, 0], unknown: false });
    for (const odd of ['flood', 7, {}, ['true']])
      expect(labelsOf(record(1, 'ap-1', odd))).toEqual({ labels: [0, 0, 0, 0], unknown: true });
  });

  it('is ignored where nobody asks for it', () => {
    expect(parseExport(record(1, 'ap-1', 'flood')).report.warnings.map(({ code }) => code)).not.toContain(
      'label_unknown',
    );
  });
});

it('labels are words or numbers in any case', () => {
  expect(['1', 'TRUE', ' Yes ', 'anomaly'].map(recordLabel)).toEqual([true, true, true, true]);
  expect(['0', 'false', 'No', 'normal', ''].map(recordLabel)).toEqual([false, false, false, false, false]);
  expect(['2', 'attack', '-1'].map(recordLabel)).toEqual([null, null, null]);
});
