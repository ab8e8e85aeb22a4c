import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { featureSet } from '../../../src/features/core/feature-sets.js';
import { ImportFlowService, type ImportResult } from '../../../src/pipeline/import-flow.service.js';
import { runConfig } from '../../../src/pipeline/run-config.js';
import { encodeOnnxModel } from '../../../src/registry/onnx-codec.js';
import { createRng, nextFloat } from '../../../src/shared/rng.js';
import { parseForestParams, resolveForestParams } from '../../../src/training/core/forest/forest-params.js';
import { growTrees } from '../../../src/training/core/forest/grow.js';
import { startWithModel, type ApplicationWithModel } from '../../support/imported-application.js';
import { rejection, temporaryDirectory } from '../../support/temporary-directory.js';

describe('a bare ONNX model', () => {
  const directory = temporaryDirectory('import-onnx');
  let application: ApplicationWithModel;

  beforeAll(async () => {
    application = await startWithModel('import_onnx', directory);
  });
  afterAll(() => application.close());

  const run = (bytes: Uint8Array, featureSetName: string | null): Promise<ImportResult> =>
    application.app.get(ImportFlowService, { strict: false }).import(
      {
        bytes: Buffer.from(bytes),
        fileName: 'm.onnx',
        modelName: 'agent',
        featureSet: featureSetName,
        evaluate: null,
      },
      runConfig(application.config),
      { name: 'test', reason: null },
    );

  /** A forest on the raw numbers of the generic agent. */
  function agentModel(change: { mean?: number; names?: readonly string[] } = {}): Uint8Array {
    const names = change.names ?? featureSet('agent-generic').features.map(({ name }) => name);
    const columns = names.length;
    const rng = createRng(1, 2);
    const x = Float32Array.from({ length: 300 * columns }, () => Math.floor(20 * nextFloat(rng)));
    const params = resolveForestParams(
      parseForestParams({
        n_estimators: 10,
        max_samples: 'auto',
        contamination: 'auto',
        max_features: 1,
        bootstrap: false,
        random_state: 1,
      }),
      300,
      columns,
    );
    return encodeOnnxModel(growTrees(x, 300, columns, params, 0, 10), {
      mean: new Float64Array(columns).fill(change.mean ?? 0),
      scale: new Float64Array(columns).fill(1),
      offset: -0.6,
      featureNames: names,
    });
  }

  it('is taken for a set that neither imputes nor scales, and can be verified', async () => {
    const result = await run(agentModel(), 'agent-generic');
    expect(result).toMatchObject({ status: 'rejected', feature_set: 'agent-generic', threshold: 0.6 });
    expect(result.imported_from).toMatchObject({ source_format: 'onnx', source_version: null });
    expect((await application.registry.verify(result.version)).passed).toBe(true);
    const golden = application.registry.store.readJson(result.version, 'golden.json') as { X: number[][] };
    expect(golden.X.length).toBeGreaterThanOrEqual(100);
  });

  it.each<[string, () => Uint8Array, string | null, RegExp]>([
    ['without its set', () => agentModel(), null, /does not tell its feature set/],
    ['for another set', () => agentModel(), 'agent-dns', /Column 1 is .* in the set "agent-dns"/],
    [
      'whose columns are renamed',
      () => agentModel({ names: ['a', 'b', 'c', 'd', 'e'] }),
      'agent-generic',
      /Column 1 is "a"/,
    ],
    [
      'that scales what agents never scale',
      () => agentModel({ mean: 3 }),
      'agent-generic',
      /takes raw numbers/,
    ],
    [
      'of a set that imputes',
      () => application.registry.store.read(application.version, 'model.onnx'),
      'wifi',
      /replaces missing values and clips/,
    ],
  ])('is refused %s', async (_, bytes, set, words) => {
    const error = await rejection(() => run(bytes(), set));
    expect(error).toMatchObject({ code: 'validation_failed' });
    expect(error.message).toMatch(words);
  });
});
