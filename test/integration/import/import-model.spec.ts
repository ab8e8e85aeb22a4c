import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeploymentFlowService } from '../../../src/pipeline/deployment-flow.service.js';
import {
  ImportFlowService,
  type ImportCommand,
  type ImportResult,
} from '../../../src/pipeline/import-flow.service.js';
import { runConfig } from '../../../src/pipeline/run-config.js';
import { encodeOnnxModel } from '../../../src/registry/onnx-codec.js';
import { decodeOnnxModel } from '../../../src/registry/onnx-decoder.js';
import { sha256Hex } from '../../../src/shared/digest.js';
import { startWithModel, type ApplicationWithModel } from '../../support/imported-application.js';
import { changeSpec, jsonOf, repack, setJson, type PackageFiles } from '../../support/repack.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';

interface Golden {
  feature_names: string[];
  X: number[][];
  labels: number[];
  score_samples: number[];
  decision_function: number[];
}

/** Files of a version that depend on the model alone. */
const MODEL_FILES = [
  'model.joblib',
  'scaler.joblib',
  'model.onnx',
  'forest.bin',
  'feature_spec.json',
  'golden.json',
];

describe('a model from elsewhere', () => {
  const directory = temporaryDirectory('import');
  let application: ApplicationWithModel;

  beforeAll(async () => {
    application = await startWithModel('import', directory);
  });
  afterAll(() => application.close());

  const run = (change: Partial<ImportCommand> = {}): Promise<ImportResult> =>
    application.app.get(ImportFlowService, { strict: false }).import(
      {
        bytes: application.archive,
        fileName: 'package.zip',
        modelName: 'foreign',
        featureSet: null,
        evaluate: null,
        ...change,
      },
      runConfig(application.config),
      { name: 'test', reason: null },
    );
  const onExport = (): Partial<ImportCommand> => ({ evaluate: { files: [application.exportFile] } });
  /** Every name below the test's directory but the embedded state: what an import may add is one version. */
  const everything = (): string[] =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.startsWith('data'))
      .sort();

  it('passes the same gate on the same export, becomes the same files, and deploys', async () => {
    const { registry, version } = application;
    const original = await registry.get(version);
    expect(original.gate.passed).toBe(true);
    const before = everything();
    const result = await run(onExport());
    expect(result).toMatchObject({
      status: 'available',
      evaluated: true,
      model_name: 'foreign',
      feature_set: 'wifi',
    });
    expect(result.gate).toEqual(original.gate);
    const imported = await registry.get(result.version);
    for (const file of MODEL_FILES) expect(imported.artifacts[file], file).toBe(original.artifacts[file]);
    expect((await registry.verify(result.version)).passed).toBe(true);
    expect(
      everything().filter(
        (name) => !before.includes(name) && !name.startsWith(join('models', result.version)),
      ),
    ).toEqual([]);
    const outcome = await application.app
      .get(DeploymentFlowService, { strict: false })
      .deploy({ version: result.version, target: 'default', actor: { name: 'test', reason: null } });
    expect(outcome).toMatchObject({ status: 'deployed', version: result.version });
  });

  it('says where it comes from, and has no parent', async () => {
    const { version } = await run(onExport());
    const { lineage, parentVersion } = await application.registry.get(version);
    expect(parentVersion).toBeNull();
    expect(lineage).toMatchObject({
      selection: {
        foreign: true,
        source_name: 'package.zip',
        source_format: 'package',
        source_sha256: sha256Hex(application.archive),
        source_version: application.version,
        source_manifest: { model_name: 'wifi', sklearn_version: '1.3.0' },
      },
    });
    expect(application.registry.store.readJson(version, 'metadata.json')).toMatchObject({
      training_info: {
        threshold_policy: 'imported',
        config: { imported_from: { source_name: 'package.zip' } },
      },
    });
  });

  it('is registered as rejected without an export, with what to do about it', async () => {
    const result = await run();
    expect(result).toMatchObject({ status: 'rejected', evaluated: false });
    expect(result.gate.checks.map(({ message }) => message)).toEqual([
      'not evaluated: run import-model again with --evaluate EXPORT',
    ]);
    expect((await application.registry.verify(result.version)).passed).toBe(true);
    expect(await rejection(() => application.registry.assertDeployable(result.version))).toMatchObject({
      code: 'gate_rejected',
    });
  });

  it('keeps no pickle of the package: ours is made from the trees', async () => {
    const evil = Buffer.from('\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x05touch\x85R.', 'latin1');
    const archive = await repack(application.archive, (files) => {
      files.set('model.joblib', evil);
      files.set('scaler.joblib', evil);
    });
    const { artifacts, status } = await run({ bytes: archive, ...onExport() });
    expect(status).toBe('available');
    const original = await application.registry.get(application.version);
    expect(artifacts['model.joblib']).toBe(original.artifacts['model.joblib']);
    expect(artifacts['scaler.joblib']).toBe(original.artifacts['scaler.joblib']);
  });

  it('fails the gate when two features are swapped in every file of the package', async () => {
    const swap = (list: unknown[]): void => {
      [list[0], list[1]] = [list[1], list[0]];
    };
    const archive = await repack(application.archive, (files) => {
      changeSpec(files, (spec) => {
        swap(spec.features);
      });
      const golden = jsonOf<Golden>(files, 'golden.json');
      swap(golden.feature_names);
      setJson(files, 'golden.json', golden);
      changeOnnx(files, (names) => ({ featureNames: swapped(names) }));
    });
    const { gate, status } = await run({ bytes: archive, ...onExport() });
    expect(status).toBe('rejected');
    expect(gate.checks.find(({ passed }) => !passed)).toMatchObject({ id: 'D' });
  });

  const swapped = (names: readonly string[]): string[] => [names[1], names[0], ...names.slice(2)];

  function changeOnnx(
    files: PackageFiles,
    change: (names: readonly string[]) => { featureNames?: string[]; offset?: number },
  ): void {
    const { forest, meta } = decodeOnnxModel(files.get('model.onnx')!);
    const featureNames = meta.featureNames ?? [];
    files.set(
      'model.onnx',
      Buffer.from(encodeOnnxModel(forest, { ...meta, featureNames, ...change(featureNames) })),
    );
  }

  it.each<[string, (files: PackageFiles) => void, string, RegExp]>([
    [
      'a golden score that is another',
      (files) => {
        const golden = jsonOf<Golden>(files, 'golden.json');
        golden.score_samples[3] += 1e-4;
        setJson(files, 'golden.json', golden);
      },
      'artifact_integrity',
      /Golden row 3 of the package scores/,
    ],
    [
      'a golden label that is another',
      (files) => {
        const golden = jsonOf<Golden>(files, 'golden.json');
        golden.labels[0] = -golden.labels[0];
        setJson(files, 'golden.json', golden);
      },
      'artifact_integrity',
      /Golden row 0 of the package/,
    ],
    [
      'another threshold in the graph',
      (files) => {
        changeOnnx(files, () => ({ offset: -0.9 }));
      },
      'artifact_integrity',
      /label/,
    ],
    [
      'golden rows that are no numbers',
      (files) => {
        const golden = jsonOf<Golden>(files, 'golden.json');
        golden.X[2][0] = null as unknown as number;
        setJson(files, 'golden.json', golden);
      },
      'validation_failed',
      /X\[2\]/,
    ],
    [
      'features swapped in the spec only',
      (files) => {
        changeSpec(files, (spec) => {
          const { features } = spec;
          [features[0], features[1]] = [features[1], features[0]];
        });
      },
      'validation_failed',
      /Column 1 is .* in model\.onnx and/,
    ],
    [
      'another scaler in the spec',
      (files) => {
        changeSpec(files, (spec) => {
          spec.preprocessing.scaler.mean[4] += 1;
        });
      },
      'validation_failed',
      /scaler of column 5 differs/,
    ],
    [
      'a spec whose own hash is old',
      (files) => {
        const spec = jsonOf<Record<string, unknown>>(files, 'feature_spec.json');
        setJson(files, 'feature_spec.json', { ...spec, catalogue_version: '9' });
      },
      'artifact_integrity',
      /feature_spec\.json: hash is/,
    ],
    [
      'a feature set nobody knows',
      (files) => {
        changeSpec(files, (spec) => {
          Object.assign(spec, { feature_set: 'zigbee' });
        });
      },
      'validation_failed',
      /"zigbee" is not known here/,
    ],
    [
      'the name of another set',
      (files) => {
        changeSpec(files, (spec) => {
          Object.assign(spec, { feature_set: 'system' });
        });
      },
      'validation_failed',
      /takes 41 features, the set "system" has 14/,
    ],
    [
      'a time zone that does not exist',
      (files) => {
        changeSpec(files, (spec) => {
          spec.window.timezone = 'Mars/Olympus';
        });
      },
      'validation_failed',
      /time zone/,
    ],
    [
      'windows of no length',
      (files) => {
        changeSpec(files, (spec) => {
          spec.window.length_seconds = 0;
        });
      },
      'config_invalid',
      /length 0 s/,
    ],
    [
      'a pickle as its graph',
      (files) => {
        files.set('model.onnx', Buffer.from('\x80\x04\x95\0\0\0\0\0\0\0\0.', 'latin1'));
      },
      'validation_failed',
      /ONNX model is refused/,
    ],
    [
      'no graph, as the packages of the predecessor',
      (files) => {
        files.delete('model.onnx');
      },
      'validation_failed',
      /only model\.joblib; a pickle is never read/,
    ],
  ])('is refused for %s, and leaves nothing', async (_, change, code, words) => {
    const before = everything();
    const error = await rejection(async () => run({ bytes: await repack(application.archive, change) }));
    expect(error.message).toMatch(words);
    expect(error).toMatchObject({ code });
    expect(everything()).toEqual(before);
  });

  it('is refused when a file is not the one of the manifest', async () => {
    for (const name of ['model.onnx', 'feature_spec.json', 'golden.json', 'metadata.json']) {
      const change = (files: PackageFiles): void => {
        files.set(name, Buffer.concat([files.get(name)!, Buffer.from(' ')]));
      };
      const error = await rejection(async () =>
        run({ bytes: await repack(application.archive, change, false) }),
      );
      expect(error, name).toMatchObject({ code: 'artifact_integrity', exitCode: 6 });
      expect(error.message).toContain(name);
    }
  });

  it('is not imported when the export cannot judge it', async () => {
    const before = everything();
    const error = await rejection(() =>
      run({ evaluate: { files: [{ path: join(directory, 'none.json'), name: 'none.json' }] } }),
    );
    expect(error).toMatchObject({ code: 'file_not_found' });
    expect(everything()).toEqual(before);
  });
});
