import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../../src/registry/artifact-store.js';
import { loadModel } from '../../src/registry/loaded-model.js';
import { AppError } from '../../src/shared/errors.js';
import { createRng, nextFloat, type RngState } from '../../src/shared/rng.js';
import { DETECTOR_TYPES } from '../../src/training/core/detectors/detector.js';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { JULY, writeSampleExport } from './sample-exports.js';

interface Trained {
  readonly version: string;
  readonly status: string;
}

interface Scored {
  readonly windows: {
    is_anomaly: boolean;
    score: number;
    confidence: number | null;
    explanation?: { base_score: number; other_contribution: number; top: { contribution: number }[] } | null;
  }[];
}

interface Report {
  readonly evaluation: {
    readonly cross_validation: { readonly folds: object[] } | null;
    readonly advanced_metrics: { readonly injected_columns: string[] };
  };
}

describe('each detector, from the export to the package', () => {
  let sandbox: CliSandbox;
  let june: string;
  let july: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('detectors');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    july = await writeSampleExport(join(sandbox.exportsDir, 'july.json'), JULY);
  });
  afterAll(async () => sandbox.cleanUp());

  it.each(DETECTOR_TYPES)(
    '%s trains, scores, explains, packages and verifies',
    async (type) => {
      // Few references and a set of few columns: a test, not a measurement.
      const model = {
        type,
        calibration: 'device',
        calibration_min_windows: 300,
        local_outlier_factor: { reference_windows: 256 },
        ensemble: { members: ['tail_probability', 'local_outlier_factor'] },
      };
      const overrides = JSON.stringify({ features: { set: 'system' }, model });
      const training = await sandbox.run(['train', june, '--json', '--config-overrides', overrides]);
      expect(training.code, training.stderr).toBe(0);
      const { version } = jsonOf<Trained>(training);
      const report = JSON.parse(
        readFileSync(join(sandbox.modelsDir, version, 'report.json'), 'utf8'),
      ) as Report;
      expect(report.evaluation.cross_validation?.folds.length).toBeGreaterThan(1);
      expect(report.evaluation.advanced_metrics.injected_columns.length).toBeGreaterThan(0);

      const scored = await sandbox.run(['score', july, '--version', version, '--explain', '--json']);
      expect(scored.code, scored.stderr).toBe(0);
      const { windows } = jsonOf<Scored>(scored);
      const flagged = windows.filter((window) => window.is_anomaly);
      expect(flagged.length).toBeGreaterThan(0);
      expect(flagged.length).toBeLessThan(windows.length / 2);
      expect(windows.every(({ score, confidence }) => score >= 0 && score <= 1 && confidence !== null)).toBe(
        true,
      );
      const explained = flagged.filter(({ explanation }) => explanation != null);
      expect(explained.length).toBeGreaterThan(0);
      for (const { score, explanation } of explained) {
        const { base_score: base, other_contribution: other, top } = explanation!;
        expect(top.reduce((sum, { contribution }) => sum + contribution, base + other)).toBeCloseTo(score, 6);
      }

      const packaged = await sandbox.run(['package', version, '--json']);
      expect(packaged.code, packaged.stderr).toBe(0);
      const verified = await sandbox.run(['verify', version, '--json']);
      expect(verified.code, verified.stderr).toBe(0);
    },
    180_000,
  );
});

describe('a version whose feature_state.json was touched', () => {
  let sandbox: CliSandbox;
  let version: string;
  let july: string;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('touched-state');
    const june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    july = await writeSampleExport(join(sandbox.exportsDir, 'july.json'), JULY);
    version = jsonOf<Trained>(await sandbox.run(['train', june, '--json'])).version;
  });
  afterAll(async () => sandbox.cleanUp());

  it.each<[string, (text: string) => string]>([
    ['one number of it is another one', (text) => text.replace(/"access_points":/, '"joined_late":')],
    ['it is cut off', (text) => text.slice(0, text.length / 2)],
    ['it is empty', () => ''],
  ])('is not loaded when %s, and the error names file and remedy', (_, change) => {
    const path = join(sandbox.modelsDir, version, 'feature_state.json');
    const sound = readFileSync(path, 'utf8');
    writeFileSync(path, change(sound));
    try {
      const load = (): unknown => loadModel(new ArtifactStore(sandbox.modelsDir), version);
      expect(load).toThrow(/feature_state\.json of model .* was changed: SHA-256/);
      expect(load).toThrow(AppError);
    } finally {
      writeFileSync(path, sound);
    }
    expect(loadModel(new ArtifactStore(sandbox.modelsDir), version).state).not.toBeNull();
  });

  it('is refused by score with exit 6, not scored with a state of nothing', async () => {
    rmSync(join(sandbox.modelsDir, version, 'feature_state.json'));
    const scored = await sandbox.run(['score', july, '--version', version, '--json']);
    expect(scored.code).toBe(6);
    expect(scored.stderr).toContain('feature_state.json');
  });
});

describe('a training on damaged rows', () => {
  let sandbox: CliSandbox;

  beforeAll(async () => {
    sandbox = await CliSandbox.create('damaged-rows');
  });
  afterAll(async () => sandbox.cleanUp());

  const COLUMNS = 12;
  const normal = (rng: RngState): number =>
    Math.sqrt(-2 * Math.log(1 - nextFloat(rng))) * Math.cos(2 * Math.PI * nextFloat(rng));

  /** Loads that go up and down together, each on its own scale; `damage` changes the rows of the first four fifths. */
  function table(name: string, damage: (cells: number[], rng: RngState) => number[]): string {
    const rng = createRng(7, 2);
    const rows = 3000;
    const lines = Array.from({ length: rows }, (_, row) => {
      const load = 30 + 15 * Math.sin((2 * Math.PI * row) / 288) + 3 * normal(rng);
      const sound = Array.from(
        { length: COLUMNS },
        (__, c) => load * (1 + c ** 2) + (1 + c ** 2) * normal(rng),
      );
      const cells = row < 0.8 * rows ? damage(sound, rng) : sound;
      return [
        new Date(Date.UTC(2025, 5, 1) + row * 300_000).toISOString(),
        ...cells.map((v) => v.toFixed(4)),
      ].join(',');
    });
    const file = join(sandbox.exportsDir, `${name}.csv`);
    writeFileSync(
      file,
      [`start,${Array.from({ length: COLUMNS }, (_, c) => `c${c}`).join(',')}`, ...lines, ''].join('\n'),
    );
    return file;
  }

  const train = async (file: string) => sandbox.run(['train', file, '--input', 'features', '--json']);

  it('that are sound passes', async () => {
    const result = await train(table('sound', (cells) => cells));
    expect(result.code, result.stderr).toBe(0);
  });

  it.each<[string, string, (cells: number[], rng: RngState) => number[]]>([
    ['noise', 'not worse than a reference forest', (cells, rng) => cells.map(() => 1e5 * normal(rng))],
    ['shuffled', 'training rows like held-out rows', (cells) => cells.toReversed()],
    ['constant', 'score spread', (cells) => cells.map((_, c) => c)],
  ])('%s is refused with exit 4 and the name of the check: %s', async (name, check, damage) => {
    const result = await train(table(name, damage));
    expect(result.code, result.stderr).toBe(4);
    const { gate, status } = jsonOf<{
      status: string;
      gate: { checks: { name: string; passed: boolean }[] };
    }>(result);
    expect(status).toBe('rejected');
    const failed = gate.checks.filter(({ passed }) => !passed).map((one) => one.name);
    expect(failed).toContain(check);
  });
});
