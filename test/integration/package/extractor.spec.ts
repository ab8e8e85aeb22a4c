import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXTRACTOR_SCRIPTS } from '../../../src/deployment/core/package-layout.js';
import { extractorRules } from '../../../src/deployment/core/package-rules.js';
import { CATALOGUE_VERSION } from '../../../src/features/core/feature-catalogue.js';
import { featureSet } from '../../../src/features/core/feature-sets.js';
import { stateFile, type FeatureState } from '../../../src/features/core/feature-state.js';
import { fitPreprocessing, imputeAndClip } from '../../../src/features/core/preprocess.js';
import { runInThread } from '../../../src/platform/compute/thread-task.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import type { IngestResult, IngestTask } from '../../../src/workers/ingest-task.js';
import { writeSampleExport } from '../../e2e/sample-exports.js';
import { CliSandbox } from '../../support/cli.js';
import { sharedData } from '../../support/export-fixtures.js';
import { pythonModule, runPython } from './python.js';

const ASSETS = join(import.meta.dirname, '../../../src/deployment/package-assets');

const SHARES = { validationSize: 0.1, testSize: 0.2 };

/** What is known when nothing was seen. */
const NOTHING: FeatureState = {
  ...{ joined_level: 0, access_points_level: 0, devices: {} },
  hourly_lines: Array.from({ length: 24 }, () => null),
  silent_minutes: Array.from({ length: 24 }, () => 1),
};

interface Variant {
  readonly set?: string;
  readonly length?: number;
  readonly stride?: number;
  readonly groupBy?: 'device' | 'all';
  readonly timezone?: string;
}

const PREPARE = `
import json, sys
import numpy as np
from wifi_features import FeatureExtractor
values = np.array(json.load(open('values.json')), dtype=float)
extractor = FeatureExtractor('.')
clean = extractor.impute_and_clip(values)
print(json.dumps([clean.tolist(), extractor.scale(clean).tolist()]))
`;

const VALUES = `
import json
from wifi_features import FeatureExtractor
rows = [{'timestamp': '2025-06-01T00:%02d:00Z' % minute, 'device_id': 1, 'process_name': 'hostapd',
    'message': 'wlan0: AP-STA-DISCONNECTED 02:00:00:00:00:01'} for minute in (0, 1, 2, 9)]
table = FeatureExtractor('.').extract(rows)
names = ('connection_stability', 'mean_time_between_events', 'mean_hour_of_day')
print(json.dumps([str(table.values.dtype)] + [table.values[0, table.features.index(name)].item() for name in names]))
`;

const hex = (octet: number): string => octet.toString(16).padStart(2, '0');

const numpy = pythonModule('numpy', 'the packaged extractor was not compared with ours.');

describe.skipIf(numpy === undefined)(`the packaged extractor (numpy ${numpy ?? '(none)'})`, () => {
  let sandbox: CliSandbox;
  let directory: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('package-extractor');
    directory = sandbox.path('extractor');
    mkdirSync(directory);
    for (const name of EXTRACTOR_SCRIPTS) copyFileSync(join(ASSETS, name), join(directory, name));
    writeFileSync(join(directory, 'wifi_rules.json'), JSON.stringify(extractorRules()));
  });
  afterAll(async () => sandbox.cleanUp());

  function writeSpec(variant: Variant, preprocessing: object = {}, state: FeatureState = NOTHING): void {
    const { set = 'wifi', length = 300, stride = 300, groupBy = 'device', timezone = 'UTC' } = variant;
    writeFileSync(join(directory, 'feature_state.json'), stateFile(state));
    const spec = {
      feature_set: set,
      catalogue_version: CATALOGUE_VERSION,
      features: featureSet(set).features.map(({ name }) => ({ name })),
      window: {
        ...{ length_seconds: length, stride_seconds: stride, context_seconds: Math.max(1800, length) },
        ...{ group_by: groupBy, timezone },
      },
      state_sha256: sha256Hex(stateFile(state)),
      preprocessing,
    };
    writeFileSync(join(directory, 'feature_spec.json'), JSON.stringify(spec));
  }

  /** CSV of both extractors for one export: [ours, theirs], as rows of cells. */
  async function extractBoth(file: string, variant: Variant = {}): Promise<[string[][], string[][]]> {
    const { set = 'wifi', length = 300, stride = 300, groupBy = 'device', timezone = 'UTC' } = variant;
    const features = { timezone, window: { length, stride, group_by: groupBy } };
    const out = sandbox.path('ours.csv');
    const ours = await sandbox.run([
      ...['extract-features', file, '-o', out, '--quiet', '--feature-set', set],
      ...['--config-overrides', JSON.stringify({ features })],
    ]);
    expect(ours.code, ours.stderr).toBe(0);
    const { table } = await runInThread<IngestTask, IngestResult>('ingest', {
      files: [{ path: file, name: file }],
      featureSet: set,
      window: {
        ...{ lengthSeconds: length, strideSeconds: stride, contextSeconds: Math.max(1800, length), groupBy },
        ...{ timezone, maxWindows: 1_000_000 },
      },
      // As in the configuration that ships.
      training: SHARES,
      ...{ extract: true, startMs: null, endMs: null, programs: null, noFollow: false },
    });
    writeSpec(variant, {}, table?.state);
    const theirs = await runPython(directory, ['-W', 'error', 'wifi_features.py', file]);
    expect(theirs.code, theirs.stderr).toBe(0);
    const cells = (text: string): string[][] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(','));
    return [cells(readFileSync(out, 'utf8')), cells(theirs.stdout)];
  }

  /** Same windows, the same gaps, every value the same float32 to the last bit. Returns the number of windows. */
  function compare([ours, theirs]: [string[][], string[][]]): number {
    expect(theirs[0]).toEqual(ours[0]);
    expect(theirs).toHaveLength(ours.length);
    const [names, ...rows] = ours;
    for (const [row, expected] of rows.entries()) {
      const actual = theirs[row + 1];
      expected.forEach((cell, column) => {
        const where = `${names[column]} of ${expected[0]} at ${expected[1]}`;
        const text = column < 2 || cell === '' || actual[column] === '';
        // Hundreds of thousands of cells: expect() only where there is something to say.
        if (text ? actual[column] === cell : Number(actual[column]) === Number(cell)) return;
        expect(text ? actual[column] : Number(actual[column]), where).toBe(text ? cell : Number(cell));
      });
    }
    return rows.length;
  }

  it.each(['json-logs', 'ndjson', 'csv'] as const)(
    'computes the windows of 20,000 lines with anomalies as we do (%s)',
    async (format) => {
      const file = await writeSampleExport(sandbox.path(`sample.${format}`), {
        entries: 20_000,
        days: 5,
        devices: 4,
        format,
      });
      expect(compare(await extractBoth(file))).toBeGreaterThan(5000);
    },
  );

  it.each<[string, Variant]>([
    ['the set system', { set: 'system' }],
    ['overlapping windows', { length: 600, stride: 120 }],
    ['all devices together', { groupBy: 'all' }],
    ['a time zone that changes its offset', { timezone: 'America/New_York' }],
  ])('agrees for %s', async (_, variant) => {
    // 9 March 2025: the clocks of New York go forward.
    const file = await writeSampleExport(sandbox.path('variant.json'), { startMs: Date.UTC(2025, 2, 7) });
    expect(compare(await extractBoth(file, variant))).toBeGreaterThan(500);
  });

  it('agrees on real lines', async ({ skip }) => {
    // Says loudly when it is not there.
    const path = sharedData('wifi/corpus.jsonl.gz');
    if (path === null) return skip();
    const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
    const logs = lines.map((line, i) => ({
      ...(JSON.parse(line) as { process_name: string; message: string; log_level: string | null }),
      timestamp: new Date(Date.UTC(2025, 0, 1) + i * 7_300).toISOString(),
      device_id: i % 5,
    }));
    const file = sandbox.path('corpus.json');
    writeFileSync(file, JSON.stringify({ logs }));
    expect(compare(await extractBoth(file))).toBeGreaterThan(2000);
  });

  it.for(['exports/export_20250701_asus_router.json', 'exports/log_entries_sample_openwrt.csv'])(
    'agrees on the real export %s',
    async (name, { skip }) => {
      const file = sharedData(name);
      if (file === null) return skip();
      expect(compare(await extractBoth(file))).toBeGreaterThan(0);
    },
  );

  it('counts no more than 65,535 addresses and names in a window, as we do', async () => {
    const startMs = Date.UTC(2025, 5, 1);
    const line = (ms: number, message: string): string => {
      const timestamp = new Date(startMs + ms).toISOString();
      return JSON.stringify({ timestamp, device_id: 1, process_name: 'wpa_supplicant', message });
    };
    const address = (i: number): string => [i >> 16, (i >> 8) & 255, i & 255].map(hex).join(':');
    const lines = [line(0, 'first')];
    // The second window holds exactly the limit, the third one more.
    [65_535, 65_536].forEach((distinct, window) => {
      for (let i = 0; i < distinct; i++) {
        const text = `wlan0: Trying to associate with 02:00:00:${address(i)} (SSID='net${i}' freq=5180 MHz)`;
        lines.push(line(300_000 * (window + 1) + i * 4, text));
      }
    });
    lines.push(line(900_000, 'last'));
    const file = sandbox.path('crowd.ndjson');
    writeFileSync(file, lines.join('\n'));
    const both = await extractBoth(file);
    expect(compare(both)).toBe(3);
    for (const [header, ...rows] of both) {
      for (const name of ['unique_mac_count', 'unique_ssid_count']) {
        const counts = rows.map((row) => Number(row[header.indexOf(name)]));
        expect(counts, name).toEqual([0, 65_535, 65_535]);
      }
      expect(rows.map((row) => Number(row[2]))).toEqual([1, 65_535, 65_536]);
    }
  }, 180_000);

  it('takes the same sample of a flood of addresses as we do', async () => {
    const startMs = Date.UTC(2025, 5, 1);
    const line = (ms: number, process_name: string, message: string): string =>
      JSON.stringify({
        timestamp: new Date(startMs + ms).toISOString(),
        device_id: 1,
        process_name,
        message,
      });
    const mac = (i: number): string =>
      `02:00:5e:${[(i >> 8) & 255, i & 255, (i * 7) & 255].map(hex).join(':')}`;
    const lines = [line(0, 'hostapd', 'first')];
    for (let i = 0; i < 6000; i++) {
      // One flood lies across a border of windows, which reconnects look over.
      const ms = 290_000 + i * 47;
      lines.push(line(ms, 'hostapd', `wlan0: AP-STA-DISCONNECTED ${mac(i)}`));
      lines.push(line(ms + 3000, 'hostapd', `wlan0: STA ${mac(i)} IEEE 802.11: associated (aid 1)`));
      if (i % 3 === 0) lines.push(line(ms + 1000, 'dnsmasq-dhcp', `DHCPDISCOVER(br-lan) ${mac(i)}`));
    }
    lines.push(line(900_000, 'hostapd', 'last'));
    const file = sandbox.path('flood.ndjson');
    writeFileSync(file, lines.join('\n'));
    const both = await extractBoth(file);
    expect(compare(both)).toBe(3);
    const [header, ...rows] = both[0];
    const unanswered = Number(rows[1][header.indexOf('dhcp_unanswered_30m')]);
    // An estimate of 2000, from no more than 512 addresses.
    expect(unanswered).toBeGreaterThan(1500);
    expect(unanswered).toBeLessThan(2500);
  });

  it('keeps float32 values', async () => {
    writeSpec({});
    const { code, stdout, stderr } = await runPython(directory, ['-W', 'error', '-c', VALUES]);
    expect(code, stderr).toBe(0);
    // Three lost links: 1 / (1 + 3); one a minute; mean arrival at 00:01, a sixtieth of an hour, in single precision.
    expect(JSON.parse(stdout)).toEqual(['float32', 0.25, 60, Math.fround(1 / 60)]);
  });

  it('reads rows with every alias, header and oddity as our parser does', async () => {
    const at = (minute: number, text = ''): string =>
      text || new Date(Date.UTC(2025, 5, 1, 0, minute)).toISOString();
    const message = 'wlan0: CTRL-EVENT-DISCONNECTED bssid=02:00:00:aa:bb:01 reason=15';
    const odd: Record<string, unknown>[] = [
      { timestamp: at(0), device_id: 3, message, process_name: 'hostapd[77]', log_level: 'ERR' },
      { timestamp: '2025-06-01 00:06:00,5', device_id: 3.0, message, program: ' hostapd ', level: '4' },
      { timestamp: '2025-06-01t00:07:60z', device_id: '3', message, source: 'hostapd', level: 3 },
      { timestamp: '2025-06-01T02:08:00+02:00', device_ip: '10.0.0.1', message: 'Failed', log_level: 'Warn' },
      { timestamp: '2025-05-31T18:39:00-0530', hostname: 'ap\u0007', message: 'x', log_level: 'nonsense' },
      { timestamp: at(11), message: 'y', raw_message: '<27>Jun  1 00:11:00 OpenWrt hostapd[1]: y' },
      { timestamp: at(12), message: 'y', raw_message: 'Jun  1 00:12:00 kernel: y', device_id: 9 },
      {
        timestamp: at(13),
        message: 'y',
        raw_message: '<12>1 2025-06-01T00:13:00Z host7 wpa_supplicant - - y',
      },
      { timestamp: at(14), device_id: 3, message: 'WLCEVENTD wl0: Assoc x', process_name: 'syslog' },
      { timestamp: at(15), device_id: '=SUM(1)', message: '', process_name: 'x'.repeat(200) },
      {
        timestamp: at(16),
        device_id: 'd\u{1f600}',
        message: "Associated with 02:00:00:aa:bb:09 SSID='\u00e9'",
      },
      // Not usable, for both:
      { timestamp: '2025-02-30T00:00:00', device_id: 3, message },
      { timestamp: '1999-12-31T23:59:59', device_id: 3, message },
      { timestamp: '2025-06-01', device_id: 3, message },
      { timestamp: 17, device_id: 3, message },
      { timestamp: at(17), device_id: 3, message: 5 },
      { timestamp: at(17), device_id: true, message },
      { timestamp: at(17), message },
      { timestamp: at(40), device_id: 3, message: 'end', process_name: 'hostapd' },
    ];
    const file = sandbox.path('odd.json');
    writeFileSync(file, JSON.stringify({ logs: odd }));
    const both = await extractBoth(file);
    expect(compare(both)).toBeGreaterThan(20);
    expect(new Set(both[1].slice(1).map(([device]) => device))).toEqual(
      new Set(['3', '10.0.0.1', 'ap', 'OpenWrt', '9', 'host7', "'=SUM(1)", 'd\u{1f600}']),
    );
  });

  it('fills gaps, clips and scales as we do', async () => {
    const traits = [
      { name: 'a', kind: 'measure', rareEvent: false },
      { name: 'b', kind: 'count', rareEvent: true },
    ] as const;
    const values = Float64Array.from({ length: 4000 }, (_, i) =>
      i % 7 === 0 ? NaN : ((i * 7919) % 1000) ** 2 / (1 + (i % 13)),
    );
    const prep = fitPreprocessing(values, 2000, 2, { impute: 'median', clip: 'quantiles' }, traits);
    const bound = (limit: number): number | null => (Number.isFinite(limit) ? limit : null);
    writeSpec(
      {},
      {
        impute_values: Array.from(prep.imputeValue),
        clip_low: Array.from(prep.clipLow, bound),
        clip_high: Array.from(prep.clipHigh, bound),
        scaler: { mean: Array.from(prep.mean), scale: Array.from(prep.scale) },
      },
    );
    const rows = Array.from({ length: 2000 }, (_, row) =>
      Array.from(values.subarray(row * 2, row * 2 + 2), (value) => (Number.isNaN(value) ? null : value)),
    );
    writeFileSync(join(directory, 'values.json'), JSON.stringify(rows));
    const { stdout, stderr, code } = await runPython(directory, ['-W', 'error', '-c', PREPARE]);
    expect(code, stderr).toBe(0);
    const [clean, scaled] = JSON.parse(stdout) as [number[][], number[][]];
    const expected = new Float64Array(values.length);
    imputeAndClip(values, 2000, 2, prep, expected);
    expect(clean.flat()).toEqual(Array.from(expected));
    expect(scaled.flat()).toEqual(
      Array.from(expected, (value, i) => (value - prep.mean[i % 2]) / prep.scale[i % 2]),
    );
  });

  it('refuses a missing value that nothing replaces, and names its feature', async () => {
    writeSpec({ set: 'wifi' }, { impute_values: Array.from({ length: 41 }, (_, i) => (i === 5 ? null : 0)) });
    const rows = [0, 1].map((row) => Array.from({ length: 41 }, (_, i) => (row === 1 && i >= 4 ? null : 1)));
    writeFileSync(join(directory, 'values.json'), JSON.stringify(rows));
    const { stderr, code } = await runPython(directory, ['-W', 'error', '-c', PREPARE]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "ValueError: 'mean_signal_strength' is missing in 1 of 2 rows, and nothing replaces it (impute: none)",
    );
  });

  it.each([
    ['columns of another set', { set: 'wifi' }, { feature_set: 'agent-wifi' }, 'agent-wifi'],
    ['other definitions', { set: 'wifi' }, { catalogue_version: '0' }, 'definitions 0'],
  ])('refuses a model with %s', async (_, variant, change, message) => {
    writeSpec(variant);
    const path = join(directory, 'feature_spec.json');
    const spec = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...spec, ...change }));
    const { code, stderr } = await runPython(directory, [
      '-c',
      "import wifi_features as w; w.FeatureExtractor('.')",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
