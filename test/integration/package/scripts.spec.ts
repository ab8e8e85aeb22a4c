import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { loadModel } from '../../../src/registry/loaded-model.js';
import { createRng, nextFloat } from '../../../src/shared/rng.js';
import { writeSampleExport } from '../../e2e/sample-exports.js';
import { CliSandbox, jsonOf } from '../../support/cli.js';
import { pythonModule, runPython, type PythonRun } from './python.js';

const sklearn = pythonModule('sklearn', 'the scripts of a package have not run in this test run.');
/** On the version the files are written for no warning is allowed; a later one warns about the version itself. */
const strict = sklearn?.startsWith('1.3.') === true ? ['-W', 'error'] : [];

/** Facts of the unpickled objects and of the JSON files as Python sees them, one trap of the interop page each. */
const FACTS = `
import json, sys, warnings
from datetime import datetime
import joblib, numpy as np
warnings.simplefilter('ignore')
manifest, metadata, golden = (json.load(open(n)) for n in ('deployment_manifest.json', 'metadata.json', 'golden.json'))
model, scaler = joblib.load('model.joblib'), joblib.load('scaler.joblib')
trees = [e.tree_ for e in model.estimators_]
x = scaler.transform(np.array(golden['X']))
threshold = manifest['inference_config']['threshold']
params = model.get_params(deep=False)
print(json.dumps({
    'types': [type(model).__name__, type(scaler).__name__],
    'feature_names_in': hasattr(model, 'feature_names_in_') or hasattr(scaler, 'feature_names_in_'),
    'private_numpy': b'numpy._core' in open('model.joblib', 'rb').read(),
    'param_types': {k: type(params[k]).__name__ for k in ('n_estimators', 'contamination', 'bootstrap', 'random_state')},
    'max_samples': [model._max_samples, int(model.max_samples_)],
    'per_tree': [type(model._average_path_length_per_tree).__name__, type(model._decision_path_lengths).__name__],
    'one_entry_per_node': all(len(p) == len(d) == t.node_count for p, d, t in
        zip(model._average_path_length_per_tree, model._decision_path_lengths, trees)),
    'root_depth': sorted({float(d[0]) for d in model._decision_path_lengths}),
    'subset_relative': all((t.feature < model.n_features_in_).all() and (t.feature >= -2).all() for t in trees),
    'all_columns_in_order': all((f == np.arange(model.n_features_in_)).all() for f in model.estimators_features_),
    'threshold_is_predict': bool((((-model.score_samples(x)) > threshold) == (model.predict(x) == -1)).all()),
    'both_labels': sorted(set(model.predict(x).tolist())),
    'age': (datetime.now() - datetime.fromisoformat(metadata['model_info']['created_at'])).days < 3,
    'scores_of_people': bool(((-model.score_samples(x) > 0) & (-model.score_samples(x) < 1)).all()),
}))
`;

const INFERENCE = `
import json, sys
from inference_example import ModelInference
model = ModelInference('.')
rows = json.load(open('rows.json'))
result = model.predict([dict(zip(model.feature_names, row)) for row in rows])
print(json.dumps(result))
`;

describe.skipIf(sklearn === undefined)(`a package in Python with scikit-learn ${sklearn ?? '(none)'}`, () => {
  let sandbox: CliSandbox;
  let version: string;
  let unpacked: string;
  let july: string;

  /** A fresh copy of the unpacked package, to be damaged. */
  function copy(name: string): string {
    const directory = sandbox.path(name);
    cpSync(unpacked, directory, { recursive: true });
    return directory;
  }
  const validate = (directory: string): Promise<PythonRun> =>
    runPython(directory, [...strict, 'validate_model.py']);

  beforeAll(async () => {
    sandbox = await CliSandbox.create('package-scripts');
    const june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    july = await writeSampleExport(join(sandbox.exportsDir, 'july.json'), {
      startMs: Date.UTC(2025, 6, 1),
      seed: 9,
      devices: 3,
    });
    const trained = await sandbox.run(['train', june, '--json', '--quiet']);
    expect(trained.code, trained.stderr).toBe(0);
    version = jsonOf<{ version: string }>(trained).version;
    const { path } = jsonOf<{ path: string }>(await sandbox.run(['package', version, '--json']));
    unpacked = sandbox.path('unpacked');
    const unzip = await runPython(sandbox.directory, ['-m', 'zipfile', '-e', path, unpacked]);
    expect(unzip.code, unzip.stderr).toBe(0);
  });
  afterAll(async () => sandbox.cleanUp());

  describe('validate_model.py', () => {
    it('finds the package usable, without a warning on the version it was written for', async () => {
      const { code, stdout, stderr } = await validate(unpacked);
      expect(code, stdout + stderr).toBe(0);
      expect(stderr).toBe('');
      expect(stdout.match(/^ok /gm)).toHaveLength(4);
      expect(stdout).toContain('The package is usable.');
    });

    it.each([
      'model.joblib',
      'scaler.joblib',
      'metadata.json',
      'golden.json',
      'wifi_rules.json',
      'model.onnx',
    ])('ends with 1 when one byte of %s is another one, and names the file', async (name) => {
      const directory = copy(`tampered-${name}`);
      const bytes = readFileSync(join(directory, name));
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(join(directory, name), bytes);
      const { code, stdout } = await validate(directory);
      expect(code).toBe(1);
      expect(stdout).toMatch(new RegExp(`^FAILED  ${name} was changed`, 'm'));
      // A changed pickle is a program of somebody else.
      expect(stdout).not.toContain('ok      model');
    });

    it('ends with 1 when the manifest and all hashes are consistent but the scores are not', async () => {
      const directory = copy('other-golden');
      await runPython(directory, [
        '-c',
        `import hashlib, json
golden = json.load(open('golden.json'))
golden['score_samples'][3] += 1e-6
open('golden.json', 'w').write(json.dumps(golden))
manifest = json.load(open('deployment_manifest.json'))
for key in ('file_hashes', 'file_integrity'):
    manifest[key]['golden.json'] = hashlib.sha256(open('golden.json', 'rb').read()).hexdigest()
open('deployment_manifest.json', 'w').write(json.dumps(manifest))`,
      ]);
      const { code, stdout } = await validate(directory);
      expect(code).toBe(1);
      expect(stdout).toContain('golden scores differ');
    });

    it('ends with 1 for a negative threshold, as the original wrote', async () => {
      const directory = copy('negative-threshold');
      const path = join(directory, 'deployment_manifest.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as { inference_config: { threshold: number } };
      manifest.inference_config.threshold *= -1;
      writeFileSync(path, JSON.stringify(manifest));
      const { code, stdout } = await validate(directory);
      expect(code).toBe(1);
      expect(stdout).toContain('not positive');
    });

    it('still accepts the package after the importer added its section to metadata.json', async () => {
      const directory = copy('imported');
      const path = join(directory, 'metadata.json');
      const metadata = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      const info = { imported_at: '2026-01-01T00:00:00', import_method: 'directory' };
      writeFileSync(path, JSON.stringify({ ...metadata, import_info: info }));
      const imported = await validate(directory);
      expect(imported.code, imported.stdout).toBe(0);
      expect(imported.stdout).toContain('note    metadata.json was extended by an import');
      const other = { ...(metadata.model_info as object), version: '20200101_000000' };
      writeFileSync(path, JSON.stringify({ ...metadata, model_info: other, import_info: info }));
      expect((await validate(directory)).code).toBe(1);
    });
  });

  describe('the pickles', () => {
    it('are what the interop page says, trap by trap', async () => {
      const { code, stdout, stderr } = await runPython(unpacked, ['-c', FACTS]);
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout)).toEqual({
        types: ['IsolationForest', 'StandardScaler'],
        feature_names_in: false,
        private_numpy: false,
        param_types: { n_estimators: 'int', contamination: 'float', bootstrap: 'bool', random_state: 'int' },
        max_samples: [256, 256],
        per_tree: ['tuple', 'tuple'],
        one_entry_per_node: true,
        root_depth: [1],
        subset_relative: true,
        all_columns_in_order: true,
        threshold_is_predict: true,
        both_labels: [-1, 1],
        age: true,
        scores_of_people: true,
      });
    });
  });

  describe('inference_example.py', () => {
    it('scores the golden rows as a program', async () => {
      const { code, stdout, stderr } = await runPython(unpacked, [...strict, 'inference_example.py']);
      expect(code, stdout + stderr).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toMatch(/golden rows, \d+ anomalies/);
    });

    it('gives 10,000 random rows the labels and scores of this service', async () => {
      const model = loadModel(new ArtifactStore(sandbox.modelsDir), version);
      const { clipLow, clipHigh, mean, scale } = model.preprocessing;
      const columns = model.featureNames.length;
      const rng = createRng(20_250_601, 3);
      const rows = 10_000;
      const values = Float64Array.from({ length: rows * columns }, (_, i) => {
        const column = i % columns;
        // One in ten is missing; the others reach beyond the clipping bounds on both sides.
        if (nextFloat(rng) < 0.1) return NaN;
        const low = Number.isFinite(clipLow[column]) ? clipLow[column] : mean[column] - 3 * scale[column];
        const high = Number.isFinite(clipHigh[column]) ? clipHigh[column] : mean[column] + 3 * scale[column];
        return low + (high - low) * (1.4 * nextFloat(rng) ** 3 - 0.2);
      });
      const list = Array.from({ length: rows }, (_, row) =>
        Array.from(values.subarray(row * columns, (row + 1) * columns), (value) =>
          Number.isNaN(value) ? null : value,
        ),
      );
      writeFileSync(join(unpacked, 'rows.json'), JSON.stringify(list));
      const { code, stdout, stderr } = await runPython(unpacked, [...strict, '-c', INFERENCE]);
      expect(code, stderr).toBe(0);
      const result = JSON.parse(stdout) as {
        predictions: number[];
        scores: number[];
        threshold: number;
        anomaly_count: number;
        total_samples: number;
      };
      const scores = model.scoreValues(values, rows, null);
      const labels = Array.from(scores, (score) => (score - model.offset < 0 ? 1 : 0));
      expect(result.predictions).toEqual(labels);
      expect(result.threshold).toBe(-model.offset);
      expect(result.total_samples).toBe(rows);
      expect(result.anomaly_count).toBe(labels.reduce<number>((sum, label) => sum + label, 0));
      expect(result.anomaly_count).toBeGreaterThan(100);
      expect(result.anomaly_count).toBeLessThan(rows - 100);
      const largest = scores.reduce(
        (worst, score, row) => Math.max(worst, Math.abs(result.scores[row] + score)),
        0,
      );
      expect(largest).toBeLessThan(1e-9);
    });

    it.each([
      ['a feature that is absent', 'del row["log_count"]', 'row 0 lacks: log_count'],
      ['a text for a number', 'row["log_count"] = "12"', "log_count is '12'"],
      ['an infinite value', 'row["log_count"] = float("inf")', 'infinite'],
    ])('refuses %s instead of scoring 0', async (_, change, message) => {
      const script = `
import json
from inference_example import ModelInference
golden = json.load(open('golden.json'))
row = dict(zip(golden['feature_names'], golden['X'][0]))
${change}
ModelInference('.').predict([row])`;
      const { code, stderr } = await runPython(unpacked, ['-c', script]);
      expect(code).toBe(1);
      expect(stderr).toContain(`ValueError`);
      expect(stderr).toContain(message);
    });

    it('scores no rows as no rows', async () => {
      const script = `from inference_example import ModelInference; print(ModelInference('.').predict([]))`;
      const { stdout } = await runPython(unpacked, ['-c', script]);
      expect(stdout).toContain("'predictions': [], 'scores': []");
      expect(stdout).toContain("'total_samples': 0");
    });

    it('flags in an export exactly the windows that this service flags', async () => {
      const scored = await sandbox.run(['score', july, '--version', version, '--json', '--quiet']);
      const report = jsonOf<{
        windows: { start: string; device: string; score: number; is_anomaly: boolean; log_count: number }[];
      }>(scored);
      const expected = report.windows
        .filter((window) => window.is_anomaly)
        .map((w) => `${w.start}  ${w.device}  score ${w.score.toFixed(6)}  ${w.log_count} lines`);
      expect(expected.length).toBeGreaterThan(0);
      const { code, stdout, stderr } = await runPython(unpacked, [...strict, 'inference_example.py', july]);
      expect(code, stderr).toBe(0);
      const [summary, ...lines] = stdout.trimEnd().split('\n');
      expect(summary).toContain(`${report.windows.length} windows, ${expected.length} anomalies`);
      expect(lines.map((line) => line.trim())).toEqual(expected);
    });
  });
});
