import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FeatureSpec } from '../../../src/features/core/feature-spec-json.js';
import { identityPreprocessing } from '../../../src/features/core/preprocess.js';
import type { ScoreReport } from '../../../src/monitoring/scoring.service.js';
import { WindowExplanationService } from '../../../src/pipeline/window-explanation.service.js';
import { LoadedModel } from '../../../src/registry/loaded-model.js';
import { record } from '../../e2e/sample-exports.js';
import { forestOf } from '../../support/hand-written-forest.js';

const START = Date.UTC(2025, 5, 1);
/** x <= 10 is common; beyond it two rare leaves. */
const forest = forestOf(1, 15, [[[1, 2, 0, 10, 15], [12], [3, 4, 0, 20, 3], [1], [2]]]);
const spec = { features: [{ name: 'log_count', kind: 'count' }] } as unknown as FeatureSpec;
const model = new LoadedModel('v', spec, forest, identityPreprocessing(15, 1), -0.6);
const SCORE = -model.scoreValues(Float32Array.of(15), 1, null)[0];

describe('explaining windows of a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mcp-training-explained-'));
  const path = join(directory, 'logs.ndjson');
  writeFileSync(path, [0, 1, 2, 7].map((minute) => JSON.stringify(record(minute))).join('\n'));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const explain = (
    change: { readonly logCount?: number; readonly path?: string; readonly signal?: AbortSignal } = {},
  ): Promise<ScoreReport> => {
    const times = { device: '1', start: '2025-06-01T00:00:00Z', end: '2025-06-01T00:05:00Z' };
    const window = {
      ...times,
      score: SCORE,
      is_anomaly: true,
      confidence: 1,
      log_count: change.logCount ?? 3,
    };
    const task = {
      files: [{ path: change.path ?? path, name: 'logs.ndjson' }],
      featureSet: 'wifi',
      window: {
        ...{ lengthSeconds: 300, strideSeconds: 300, contextSeconds: 0 },
        ...{ groupBy: 'device' as const, timezone: 'UTC', maxWindows: 100 },
      },
      ...{ startMs: null, endMs: null, programs: null, noFollow: false },
    };
    return new WindowExplanationService().explain(
      model,
      { version: 'v', threshold: 0.6, window_count: 1, anomaly_count: 1, devices: [], windows: [window] },
      {
        values: Float32Array.of(15),
        devices: ['1'],
        deviceIndex: Int32Array.of(0),
        logs: { startMs: Float64Array.of(START), task },
      },
      { top: 1, lines: 2, maxWindows: 1 },
      { signal: change.signal },
    );
  };

  it('tells the reason and the first lines', async () => {
    const { windows, explained, not_explained: left } = await explain();
    expect([explained, left]).toEqual([1, 0]);
    expect(windows[0].explanation?.score).toBe(SCORE);
    expect(windows[0].explanation?.top[0].nearest_normal).toMatchObject({ value: 10, comparison: '<=' });
    expect(windows[0].line_count).toBe(3);
    expect(windows[0].lines?.map(({ timestamp }) => timestamp)).toEqual([
      '2025-06-01T00:00:00Z',
      '2025-06-01T00:01:00Z',
    ]);
  });

  it('refuses a file that was changed after it was scored', async () => {
    await expect(explain({ logCount: 4 })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('had 4 lines when it was scored, and 3 when') as string,
    });
  });

  it('says that a file is gone, and ends when it is interrupted', async () => {
    await expect(explain({ path: join(directory, 'gone') })).rejects.toMatchObject({
      code: 'file_not_found',
    });
    await expect(explain({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
