import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PackageService } from '../../../src/deployment/package.service.js';
import { ArtifactStore } from '../../../src/registry/artifact-store.js';
import { loadModel } from '../../../src/registry/loaded-model.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { createRng, nextFloat } from '../../../src/shared/rng.js';
import { JULY, writeSampleExport } from '../../e2e/sample-exports.js';
import { CliSandbox, jsonOf } from '../../support/cli.js';
import { pythonModule, runPython, type PythonRun } from './python.js';

const sklearn = pythonModule('sklearn', 'no script has run in the package of a detector.');
const onnxruntime = pythonModule(
  'onnxruntime',
  'no package has scored with its detector in this test run. (pip install onnxruntime)',
);
const ROOT = join(import.meta.dirname, '../../..');
/** On the version the pickles are written for no warning is allowed. */
const strict = sklearn?.startsWith('1.3.') === true ? ['-W', 'error'] : [];
/** model.onnx gives its scores as float32. */
const TOLERANCE = 1e-6;
/** Before a script: a machine without one Python module. */
const without = (name: string, script: string, ...args: string[]): string[] => [
  '-c',
  `import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in ${JSON.stringify([name])}:
            raise ModuleNotFoundError("No module named '%s'" % name, name=name)
sys.meta_path.insert(0, Absent())
sys.argv = ${JSON.stringify([script, ...args])}
sys.path.insert(0, '.')
runpy.run_path(sys.argv[0], run_name='__main__')`,
];

const PREDICT = `
import json
from score_with_onnx import DetectorInference
case = json.load(open('rows.json'))
values = [[float('nan') if cell is None else cell for cell in row] for row in case['values']]
print(json.dumps(DetectorInference('.').predict_values(values, case['devices'])))
`;

interface Window {
  readonly device: string;
  readonly start: string;
  readonly score: number;
  readonly is_anomaly: boolean;
}

let sandbox: CliSandbox;
let june: string;
let july: string;

async function train(name: string, ...options: string[]): Promise<{ version: string; code: number | null }> {
  const result = await sandbox.run([...options, 'train', june, '--model', name, '--json', '--quiet']);
  expect([0, 4], result.stderr).toContain(result.code);
  return { version: jsonOf<{ version: string }>(result).version, code: result.code };
}

async function unpack(archive: string, name: string): Promise<string> {
  const directory = sandbox.path(name);
  const unzip = await runPython(sandbox.directory, ['-m', 'zipfile', '-e', archive, directory]);
  expect(unzip.code, unzip.stderr).toBe(0);
  return directory;
}

/** The package of a version whatever its gate says: the scripts have to be right for every model. */
async function buildPackage(
  version: string,
  name: string,
  directory = join(sandbox.modelsDir, version),
): Promise<string> {
  const read = (file: string): Uint8Array => readFileSync(join(directory, file));
  const artifacts = Object.fromEntries(readdirSync(directory).map((file) => [file, sha256Hex(read(file))]));
  const built = await new PackageService().build({ version, modelName: name, artifacts, read });
  writeFileSync(sandbox.path(built.fileName), built.bytes);
  return unpack(sandbox.path(built.fileName), name);
}

function config(name: string, content: object): string {
  writeFileSync(sandbox.path(name), JSON.stringify(content));
  return sandbox.path(name);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names what it expects
const json = <T>(directory: string, name: string): T =>
  JSON.parse(readFileSync(join(directory, name), 'utf8')) as T;

/** Of the detector, as metadata.json has it. */
const thresholdOf = (directory: string): number =>
  json<{ training_info: { detector: { threshold: number } } }>(directory, 'metadata.json').training_info
    .detector.threshold;

describe.skipIf(sklearn === undefined)('the package of a detector that scikit-learn cannot express', () => {
  let system: { version: string; unpacked: string };
  let wifi: { version: string; unpacked: string };
  let mixed: { version: string; unpacked: string };

  beforeAll(async () => {
    sandbox = await CliSandbox.create('package-detector');
    june = await writeSampleExport(join(sandbox.exportsDir, 'june.json'));
    // The third device was never seen in training.
    july = await writeSampleExport(join(sandbox.exportsDir, 'july.json'), { ...JULY, devices: 3 });
    const small = config('system.json', {
      features: { set: 'system' },
      model: { type: 'tail_probability', calibration_min_windows: 300 },
    });
    const trained = await train('system', '--config', small);
    expect(trained.code).toBe(0);
    const packaged = await sandbox.run(['package', trained.version, '--json']);
    const { path } = jsonOf<{ path: string }>(packaged);
    system = { version: trained.version, unpacked: await unpack(path, 'system') };
    const preset = await train('detection', '--config', join(ROOT, 'config/presets/detection.yaml'));
    wifi = { version: preset.version, unpacked: await buildPackage(preset.version, 'detection') };
    const every = config('every.json', {
      model: {
        type: 'ensemble',
        calibration_min_windows: 300,
        ensemble: {
          members: ['isolation_forest', 'tail_probability', 'robust_covariance', 'local_outlier_factor'],
        },
      },
    });
    const joined = await train('every', '--config', every);
    mixed = { version: joined.version, unpacked: await buildPackage(joined.version, 'every') };
  }, 360_000);
  afterAll(async () => sandbox.cleanUp());

  const packages = (): { version: string; unpacked: string; type: string }[] => [
    { ...system, type: 'tail_probability' },
    { ...wifi, type: 'tail_probability' },
    { ...mixed, type: 'ensemble' },
  ];

  it('says in its first lines and in the manifest what the model is and what the pickle is', () => {
    for (const { version, unpacked, type } of packages()) {
      const lines = readFileSync(join(unpacked, 'README.md'), 'utf8').split('\n');
      expect(lines[0]).toContain(`version ${version}: ${type} (model.joblib is a fallback)`);
      expect(lines[2]).toContain(`Detector \`${type}\`, with an Isolation Forest to fall back on`);
      expect(lines.join('\n')).toContain('python score_with_onnx.py export.json');
      // The metrics are the detector's, so the alert line beside them has to be.
      const alert = Number(/^\| alert \| score above ([\d.]+) /m.exec(lines.join('\n'))?.[1]);
      expect(alert).toBeCloseTo(thresholdOf(unpacked), 5);
      for (const name of ['deployment_manifest.json', 'metadata.json'])
        expect(json(unpacked, name)).toMatchObject({
          model_info: { model_type: 'IsolationForest', fallback: true, detector: type },
        });
    }
  });

  it('says how large the graph is, and that training rows lie in it', () => {
    const readme = readFileSync(join(mixed.unpacked, 'README.md'), 'utf8');
    expect(readme).toMatch(/The neighbours that windows are compared with are training rows/);
    const bytes = statSync(join(mixed.unpacked, 'model.onnx')).size;
    expect(bytes).toBeLessThan(4_000_000);
    expect(readFileSync(join(wifi.unpacked, 'README.md'), 'utf8')).not.toContain('are training rows');
  });

  it('says of a version of an earlier release, which had no graph, that no program of the package has it', async () => {
    const earlier = sandbox.path('earlier');
    cpSync(join(sandbox.modelsDir, mixed.version), earlier, { recursive: true });
    rmSync(join(earlier, 'model.onnx'));
    for (const name of ['metadata.json', 'deployment_manifest.json']) {
      const text = readFileSync(join(earlier, name), 'utf8');
      writeFileSync(join(earlier, name), text.replaceAll('"onnx": true', '"onnx": false'));
    }
    const directory = await buildPackage(mixed.version, 'earlier-package', earlier);
    expect(readdirSync(directory)).not.toContain('score_with_onnx.py');
    const readme = readFileSync(join(directory, 'README.md'), 'utf8');
    expect(readme).toContain('It scores in the training service only');
    expect(readme).not.toContain('score_with_onnx');
    const { code, stdout } = await runPython(directory, [...strict, 'validate_model.py']);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/^skipped detector ensemble: not checked: it has no ONNX graph/m);
  });

  it('has scripts that say what is missing where onnxruntime is not installed', async () => {
    const validated = await runPython(wifi.unpacked, without('onnxruntime', 'validate_model.py'));
    expect(validated.code, validated.stdout + validated.stderr).toBe(0);
    expect(validated.stdout).toMatch(/^ok {6}golden: /m);
    expect(validated.stdout).toMatch(
      /^skipped detector tail_probability: not checked: onnxruntime is not installed/m,
    );
    const scored = await runPython(wifi.unpacked, without('onnxruntime', 'score_with_onnx.py', july));
    expect(scored.code).toBe(2);
    expect(scored.stdout).toBe('');
    expect(scored.stderr).toContain('pip install onnxruntime');
    expect(scored.stderr).not.toContain('Traceback');
  });

  it('warns who uses the fallback that it is not the model', async () => {
    const { code, stderr } = await runPython(system.unpacked, [...strict, 'inference_example.py']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'the model of this version is the detector tail_probability: score_with_onnx.py',
    );
  });

  describe.skipIf(onnxruntime === undefined)(`with onnxruntime ${onnxruntime ?? '(none)'}`, () => {
    const validate = (directory: string): Promise<PythonRun> =>
      runPython(directory, [...strict, 'validate_model.py']);

    it('validate_model.py gets the golden rows of the detector from model.onnx', async () => {
      for (const { unpacked, type } of packages()) {
        const { code, stdout, stderr } = await validate(unpacked);
        expect(code, stdout + stderr).toBe(0);
        expect(stderr).toBe('');
        expect(stdout).toContain(`detector ${type}: 128 golden rows get their labels`);
      }
    });

    it.each([
      ['a score', 'scores[5] += 1e-5', 'golden scores of model.onnx differ'],
      ['a label', 'labels[5] *= -1', 'rows [5] of the detector get another label'],
      ['the device of a row', 'devices[:] = [-1] * 128', 'golden scores of model.onnx differ'],
    ])('validate_model.py ends with 1 when %s is another one', async (_, change, message) => {
      const directory = sandbox.path(`other-${change.slice(0, 6)}`);
      cpSync(wifi.unpacked, directory, { recursive: true });
      await runPython(directory, [
        '-c',
        `import hashlib, json
golden = json.load(open('golden.json'))
golden['detector']['${change.split('[')[0]}']${change.slice(change.indexOf('['))}
open('golden.json', 'w').write(json.dumps(golden))
manifest = json.load(open('deployment_manifest.json'))
for key in ('file_hashes', 'file_integrity'):
    manifest[key]['golden.json'] = hashlib.sha256(open('golden.json', 'rb').read()).hexdigest()
open('deployment_manifest.json', 'w').write(json.dumps(manifest))`,
      ]);
      const { code, stdout } = await validate(directory);
      expect(code).toBe(1);
      expect(stdout).toContain(message);
    });

    it('score_with_onnx.py ranks the windows of an export as this service scores them, without scikit-learn', async () => {
      for (const { version, unpacked } of packages()) {
        const scored = await sandbox.run(['score', july, '--version', version, '--json', '--quiet']);
        const { windows } = jsonOf<{ windows: Window[] }>(scored);
        const key = ({ device, start }: Pick<Window, 'device' | 'start'>): string => `${device} ${start}`;
        const expected = new Map(windows.map((window) => [key(window), window]));
        const program = without('sklearn', 'score_with_onnx.py', july);
        const { code, stdout, stderr } = await runPython(unpacked, [...strict, ...program]);
        expect(code, stderr).toBe(0);
        const [header, ...lines] = stdout.trimEnd().split('\n');
        expect(header).toBe('device,start,score,is_anomaly');
        expect(lines).toHaveLength(windows.length);
        const rows = lines.map((line) => line.split(','));
        const differences = rows.map(([device, start, score]) =>
          Math.abs(Number(score) - expected.get(key({ device, start }))!.score),
        );
        expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
        expect(rows.map((row) => row[3])).toEqual(
          rows.map(([device, start]) => String(expected.get(key({ device, start }))!.is_anomaly)),
        );
        const scores = rows.map((row) => Number(row[2]));
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        const flagged = windows.filter((window) => window.is_anomaly).length;
        expect(flagged).toBeGreaterThan(0);
        expect(flagged).toBeLessThan(windows.length);
        expect(stderr).toContain(
          `${windows.length} windows, ${flagged} anomalies, alert above ${thresholdOf(unpacked).toFixed(6)}`,
        );
        expect(new Set(rows.map(([device]) => device)).size).toBe(3);
        const top = await runPython(unpacked, ['score_with_onnx.py', july, '--top', '4']);
        expect(top.stdout.trimEnd().split('\n')).toEqual([header, ...lines.slice(0, 4)]);
      }
    });

    it.each([
      ['the tail detector', () => wifi],
      ['the ensemble', () => mixed],
    ])(
      '%s gives random rows of known and unknown devices, with gaps, the scores of LoadedModel',
      async (_, chosen) => {
        const { version, unpacked } = chosen();
        const model = loadModel(new ArtifactStore(sandbox.modelsDir), version);
        const golden = json<{ detector: { X: number[][] } }>(unpacked, 'golden.json').detector.X;
        const columns = model.featureNames.length;
        const rng = createRng(20_250_601, 3);
        const rows = 5000;
        // As extracted: float32. Each cell from some golden row, stretched beyond it or not, one in ten missing.
        const values = Float32Array.from({ length: rows * columns }, (_, i) => {
          const cell = golden[Math.floor(nextFloat(rng) * golden.length)][i % columns];
          if (nextFloat(rng) < 0.1) return NaN;
          return nextFloat(rng) < 0.9 ? cell : cell * 5 * nextFloat(rng) + nextFloat(rng);
        });
        const names = [...model.detector!.devices, 'never-seen'];
        const index = Int32Array.from({ length: rows }, (_, row) => row % names.length);
        const list = Array.from({ length: rows }, (_, row) =>
          Array.from(values.subarray(row * columns, (row + 1) * columns), (cell) =>
            Number.isNaN(cell) ? null : cell,
          ),
        );
        const input = { values: list, devices: Array.from(index, (device) => names[device]) };
        writeFileSync(join(unpacked, 'rows.json'), JSON.stringify(input));
        const { code, stdout, stderr } = await runPython(unpacked, [...strict, '-c', PREDICT]);
        expect(code, stderr).toBe(0);
        const answer = JSON.parse(stdout) as { predictions: number[]; scores: number[]; threshold: number };
        const expected = model.scoreValues(values, rows, model.deviceNumbers(names, index));
        const shared = model.scoreValues(values, rows, null);
        // The devices matter: all compared with all would not do.
        expect(expected.some((score, row) => Math.abs(score - shared[row]) > 0.01)).toBe(true);
        const largest = expected.reduce(
          (worst, score, row) => Math.max(worst, Math.abs(answer.scores[row] + score)),
          0,
        );
        expect(largest).toBeLessThan(TOLERANCE);
        expect(answer.predictions).toEqual(Array.from(expected, (score) => (score < model.offset ? 1 : 0)));
        expect(new Set(answer.predictions)).toEqual(new Set([0, 1]));
        expect(answer.threshold).toBe(-model.offset);
      },
    );

    it('score_with_onnx.py refuses columns or devices in another order than those of the graph', async () => {
      const directory = sandbox.path('swapped');
      cpSync(wifi.unpacked, directory, { recursive: true });
      const manifest = json<{ inference_config: { detector: { devices: string[] } } }>(
        directory,
        'deployment_manifest.json',
      );
      manifest.inference_config.detector.devices.reverse();
      writeFileSync(join(directory, 'deployment_manifest.json'), JSON.stringify(manifest));
      const { code, stderr } = await runPython(directory, ['score_with_onnx.py']);
      expect(code).toBe(2);
      expect(stderr).toContain('model.onnx lists other devices');
    });

    it('score_with_onnx.py scores the golden rows, and an export without windows as no rows', async () => {
      const golden = await runPython(system.unpacked, [...strict, 'score_with_onnx.py']);
      expect(golden.code, golden.stdout + golden.stderr).toBe(0);
      expect(golden.stdout).toContain('128 golden rows');

      writeFileSync(sandbox.path('empty.json'), '[]');
      const args = ['score_with_onnx.py', sandbox.path('empty.json')];
      const empty = await runPython(system.unpacked, [...strict, ...args]);
      expect(empty.code, empty.stderr).toBe(0);
      expect(empty.stdout).toBe('device,start,score,is_anomaly\n');
    });
  });
});
