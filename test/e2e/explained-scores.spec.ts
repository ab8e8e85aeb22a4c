import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RowExplanation } from '../../src/evaluation/core/explanation/explain-flagged.js';
import { parseTimestampMs } from '../../src/export/core/timestamp.js';
import type { HeatMap } from '../../src/monitoring/core/heat-map.js';
import type { ScoreReport } from '../../src/monitoring/scoring.service.js';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { asTable, labelledTable } from '../support/table-files.js';
import type { TrainResult } from './documents.js';
import { JULY, writeSampleExport } from './sample-exports.js';
import { Service } from './service.js';

const API = '/api/v1';

/** What the generator wrote, read by nothing of ours. */
interface SampleRecord {
  readonly device_id: number;
  readonly timestamp: string;
  readonly process_name: string;
  readonly message: string;
}

const parts = ({ base_score, top, other_contribution }: RowExplanation): number =>
  base_score + top.reduce((sum, { contribution }) => sum + contribution, 0) + other_contribution;

/** Records of a window in the order of their times; equal times as they are in the file. */
function recordsOf(
  records: readonly SampleRecord[],
  { device, start, end }: ScoreReport['windows'][number],
): SampleRecord[] {
  const from = Date.parse(String(start));
  const to = Date.parse(String(end));
  return records
    .filter(({ device_id: id, timestamp }) => {
      const time = parseTimestampMs(timestamp);
      return (device === '*' || String(id) === device) && time >= from && time < to;
    })
    .sort((a, b) => parseTimestampMs(a.timestamp) - parseTimestampMs(b.timestamp));
}

describe('flagged windows with their reasons and their lines', () => {
  let sandbox: CliSandbox;
  let version: string;
  let records: SampleRecord[];
  let report: ScoreReport;

  const train = async (name: string, ...options: string[]): Promise<TrainResult> => {
    const result = await sandbox.run(['train', 'june.json', '--model', name, ...options, '--json']);
    expect([0, 4], result.stderr).toContain(result.code);
    return jsonOf<TrainResult>(result);
  };
  const explain = async (files: readonly string[], ...options: string[]): Promise<ScoreReport> => {
    const result = await sandbox.run(['score', ...files, '--explain', ...options, '--json']);
    expect(result.code, result.stderr).toBe(0);
    return jsonOf<ScoreReport & Record<string, unknown>>(result);
  };
  const flagged = ({ windows }: ScoreReport): ScoreReport['windows'] =>
    windows.filter(({ is_anomaly }) => is_anomaly);

  /** Of every flagged window: the parts add up to the score, and the lines are those of the window in the file. */
  function check(scored: ScoreReport, all: readonly SampleRecord[], limit: number): void {
    expect(scored.anomaly_count).toBeGreaterThan(0);
    expect([scored.explained, scored.not_explained]).toEqual([scored.anomaly_count, 0]);
    for (const window of scored.windows) {
      if (!window.is_anomaly) {
        expect(window).not.toHaveProperty('explanation');
        expect(window).not.toHaveProperty('lines');
        continue;
      }
      expect(window.explanation?.score).toBe(window.score);
      expect(Math.abs(parts(window.explanation!) - window.score)).toBeLessThan(1e-9);
      const own = recordsOf(all, window);
      expect(window.line_count).toBe(own.length);
      expect(window.lines?.map(({ program, message }) => [program, message])).toEqual(
        own.slice(0, limit).map(({ process_name, message }) => [process_name, message]),
      );
      for (const [i, { timestamp }] of window.lines!.entries())
        expect(Date.parse(timestamp)).toBe(parseTimestampMs(own[i].timestamp));
    }
  }

  beforeAll(async () => {
    sandbox = await CliSandbox.create('explained');
    await writeSampleExport(sandbox.path('june.json'));
    const july = await writeSampleExport(sandbox.path('july.json'), JULY);
    await writeSampleExport(`${sandbox.exportsDir}/july.json`, JULY);
    records = (JSON.parse(readFileSync(july, 'utf8')) as { logs: SampleRecord[] }).logs;
    ({ version } = await train('wifi'));
    report = await explain(['july.json'], '--version', version);
  }, 120_000);
  afterAll(async () => sandbox.cleanUp());

  it('add up to the score, and show the lines of the window and of the device', () => {
    check(report, records, 20);
    expect(flagged(report).some(({ line_count: count = 0 }) => count > 20)).toBe(true);
    for (const { explanation, score } of flagged(report)) {
      expect(explanation!.top.length).toBeLessThanOrEqual(5);
      for (const { nearest_normal: nearest } of explanation!.top)
        if (nearest !== null) expect(nearest.score <= report.threshold && nearest.score < score).toBe(true);
    }
    const suggested = flagged(report).flatMap(({ explanation }) => explanation!.top);
    expect(suggested.some(({ nearest_normal: nearest }) => nearest !== null)).toBe(true);
  });

  it('change nothing else in the report', async () => {
    const plain = await sandbox.run(['score', 'july.json', '--version', version, '--json']);
    const added = new Set(['explained', 'not_explained', 'explanation', 'lines', 'line_count']);
    const without = (key: string, value: unknown): unknown => (added.has(key) ? undefined : value);
    expect(jsonOf(plain)).toEqual(JSON.parse(JSON.stringify(report, without)));
  });

  it('are the same from gzip, NDJSON, several files and standard input', async () => {
    const bytes = readFileSync(sandbox.path('july.json'));
    writeFileSync(sandbox.path('july.json.gz'), gzipSync(bytes));
    const half = records.length >> 1;
    // The later lines come first: the order of a window's lines is that of their times.
    const logs = [records.slice(half), records.slice(0, half)];
    const ndjson = logs.map((part) => part.map((record) => JSON.stringify(record)).join('\n'));
    writeFileSync(sandbox.path('a.ndjson'), ndjson[0]);
    writeFileSync(sandbox.path('b.ndjson.gz'), gzipSync(ndjson[1]));
    expect(await explain(['july.json.gz'], '--version', version)).toEqual(report);
    expect(await explain(['a.ndjson', 'b.ndjson.gz'], '--version', version)).toEqual(report);
    const piped = await sandbox.run(['score', '-', '--version', version, '--explain', '--json'], {
      input: bytes,
    });
    expect(jsonOf(piped)).toEqual(report);
  }, 120_000);

  it('are found in CSV, in a date range and with a filter by program', async () => {
    await writeSampleExport(sandbox.path('july.csv'), { ...JULY, format: 'csv' });
    const csv = await explain(['july.csv'], '--version', version);
    const texts = (scored: ScoreReport): unknown =>
      flagged(scored).map(({ lines }) => lines!.map(({ timestamp, message }) => [timestamp, message]));
    expect(texts(csv)).toEqual(texts(report));
    const days = ['--start-date', '2025-07-02', '--end-date', '2025-07-03', '--programs', 'hostapd,kernel'];
    const some = records.filter(
      ({ timestamp, process_name: program }) =>
        ['hostapd', 'kernel'].includes(program) && /^2025-07-0[23]/.test(timestamp),
    );
    check(await explain(['july.json'], '--version', version, ...days), some, 20);
  }, 120_000);

  it('keep as many features and lines as asked for, and count the others', async () => {
    const short = await explain(['july.json'], '--version', version, '--top', '1', '--lines', '2');
    check(short, records, 2);
    expect(flagged(short).every(({ explanation }) => explanation!.top.length === 1)).toBe(true);
    const none = await explain(['july.json'], '--version', version, '--lines', '0');
    expect(
      flagged(none).every((window) => window.explanation !== undefined && window.lines === undefined),
    ).toBe(true);
  });

  it('are text for people below the table', async () => {
    const result = await sandbox.run(['score', 'july.json', '--version', version, '--explain']);
    expect(result.code, result.stderr).toBe(0);
    const worst = flagged(report).toSorted((a, b) => b.score - a.score)[0];
    const [, text] = result.stdout.split(`: score ${worst.score.toPrecision(9)}, ANOMALY\n`);
    const block = text.split('\n\n')[0];
    expect(block).toContain(worst.explanation!.top[0].feature);
    expect(result.stdout).toMatch(/ normal if \w+ (<=|>=|=) [\d.e-]+/);
    const shown = worst.lines!.slice(0, 5);
    for (const { timestamp, program, message } of shown)
      expect(block).toContain(`${timestamp} ${String(program)}: ${message}`);
    const more = worst.line_count! - shown.length;
    if (more > 0) expect(block).toContain(`and ${more} more line`);
  });

  it.each([
    ['a model of all devices together', '{"features":{"window":{"group_by":"all"}}}'],
    ['overlapping windows', '{"features":{"window":{"stride":100}}}'],
    ['a forest calibrated by device', '{"model":{"calibration":"device"}}'],
    ['tail probabilities', '{"model":{"type":"tail_probability"}}'],
  ])(
    'are given for %s',
    async (name, overrides) => {
      const model = name.replaceAll(' ', '-');
      const trained = await train(model, '--config-overrides', overrides);
      const scored = await explain(['july.json'], '--version', trained.version);
      check(scored, records, 20);
      if (name.startsWith('a model')) expect(scored.windows[0].device).toBe('*');
      const nearest = flagged(scored).flatMap(({ explanation }) =>
        explanation!.top.map(({ nearest_normal: found }) => found),
      );
      expect(nearest.some((found) => found !== null)).toBe(true);
      for (const found of nearest)
        if (found !== null) expect(found.score).toBeLessThanOrEqual(scored.threshold);
    },
    120_000,
  );

  it('have no lines in a feature table', async () => {
    writeFileSync(sandbox.path('table.csv'), asTable(labelledTable()));
    const options = ['--input', 'features', '--label-column', 'label', '--model', 'machines', '--json'];
    const training = await sandbox.run(['train', 'table.csv', ...options]);
    expect(training.code, training.stderr).toBe(0);
    const scored = await explain(['table.csv'], '--version', jsonOf<TrainResult>(training).version);
    expect(flagged(scored).length).toBeGreaterThan(0);
    for (const window of flagged(scored)) {
      expect(Math.abs(parts(window.explanation!) - window.score)).toBeLessThan(1e-9);
      expect(window).not.toHaveProperty('lines');
    }
    const text = await sandbox.run(['score', 'table.csv', '--version', scored.version, '--explain']);
    expect(text.stdout).toMatch(/ row \d+: score 0\.\d+, ANOMALY/);
  });

  it.each([
    ['--top without --explain', ['--top', '3'], '--top'],
    ['no features at all', ['--explain', '--top', '0'], '--top "0"'],
    ['too many lines', ['--explain', '--lines', '201'], '--lines "201"'],
    ['half a line', ['--explain', '--lines', '1.5'], '--lines "1.5"'],
  ])('are refused for %s', async (_, options, named) => {
    const result = await sandbox.run(['score', 'july.json', '--version', version, ...options]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(named);
  });

  it('are the same from the API, which names the field that is out of bounds', async () => {
    const service = await Service.start(sandbox);
    const url = `${API}/models/${version}/predict`;
    const answer = await service.post(url, { export_file: 'july.json', explain: true });
    expect(answer.status, answer.text.slice(0, 500)).toBe(200);
    expect(answer.body).toEqual(report);
    const capped = await service.post<ScoreReport>(url, {
      ...{ export_file: 'july.json', explain: true, top: 2, lines: 1, max_explained: 1 },
    });
    const explained = capped.body.windows.filter(({ explanation }) => explanation !== undefined);
    expect(capped.body).toMatchObject({ explained: 1, not_explained: report.anomaly_count - 1 });
    expect(explained.map(({ score }) => score)).toEqual([
      Math.max(...report.windows.map(({ score }) => score)),
    ]);
    expect(explained[0].lines).toHaveLength(1);
    const picture = await service.post<ScoreReport & { heat_map: HeatMap }>(url, {
      ...{ export_file: 'july.json', windows: 'flagged', heat_map: true },
    });
    expect(picture.body.windows).toHaveLength(report.anomaly_count);
    expect(picture.body.window_count).toBe(report.window_count);
    const highest = picture.body.heat_map.rows.flatMap(({ scores }) => scores.map((score) => score ?? 0));
    expect(Math.max(...highest)).toBe(
      Math.round(Math.max(...report.windows.map(({ score }) => score)) * 1000),
    );
    // The same again, from memory.
    expect(
      (await service.post(url, { export_file: 'july.json', windows: 'flagged', heat_map: true })).body,
    ).toEqual(picture.body);
    for (const [field, value] of Object.entries({
      top: 51,
      lines: 201,
      max_explained: 1001,
      explain: 'yes',
    })) {
      const refused = await service.post(url, { export_file: 'july.json', explain: true, [field]: value });
      expect(refused.status, field).toBe(422);
      expect(refused.text).toContain(`/${field}`);
    }
  }, 120_000);
});
