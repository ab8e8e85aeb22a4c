import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrainingPipelineService } from '../../../src/pipeline/training-pipeline.service.js';
import { runConfig } from '../../../src/pipeline/run-config.js';
import { withRunOverrides } from '../../../src/platform/config/run-overrides.js';
import { VERSION_FILES } from '../../../src/registry/core/version-files.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { attributes, int64Values, unpickle } from '../../support/mini-unpickler.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { asCsv, asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** What scikit-learn and our scorer load; report and metadata hold times and paths of the run. */
const FILES = [
  VERSION_FILES.model,
  VERSION_FILES.scaler,
  VERSION_FILES.forest,
  VERSION_FILES.featureSpec,
  VERSION_FILES.baseline,
  VERSION_FILES.golden,
];

describe('the same lines and settings give the same bytes', () => {
  const directory = temporaryDirectory('determinism');
  const rows = sampleRows();
  let application: TestApplication;
  let registry: ModelRegistryService;
  let reference: Record<string, string | null>;

  beforeAll(async () => {
    application = await startApplication('determinism', directory);
    registry = application.app.get(ModelRegistryService, { strict: false });
    writeFileSync(join(directory, 'asc.json'), asJson(rows));
    reference = await train('asc.json', 1);
  });
  afterAll(() => application.close());

  async function trainVersion(file: string, nJobs: number, seed = 42): Promise<string> {
    const pipeline = application.app.get(TrainingPipelineService, { strict: false });
    const config = withRunOverrides(
      application.config,
      { training: { n_jobs: nJobs }, model: { n_estimators: 40, random_state: seed } },
      {},
    );
    const { model } = await pipeline.train(
      {
        files: [{ path: join(directory, file), name: file }],
        modelName: 'wifi',
        startMs: null,
        endMs: null,
        programs: null,
        configOverrides: null,
        noFollow: true,
        deploy: false,
        outputDir: null,
      },
      runConfig(config),
      { name: 'test', reason: null },
      {
        trainingId: randomUUID(),
        signal: new AbortController().signal,
        step: () => Promise.resolve(),
        fraction: () => undefined,
      },
    );
    return model.version;
  }

  async function train(file: string, nJobs: number, seed = 42): Promise<Record<string, string | null>> {
    const version = await trainVersion(file, nJobs, seed);
    return Object.fromEntries(FILES.map((name) => [name, registry.store.hash(version, name)]));
  }

  it.each([2, 8, -1])('with n_jobs %i', async (nJobs) => {
    expect(Object.values(reference)).not.toContain(null);
    expect(await train('asc.json', nJobs)).toEqual(reference);
  });

  const shapes: readonly (readonly [name: string, content: () => string | Buffer])[] = [
    ['desc.json', () => asJson(rows.toReversed())],
    ['exporter.json', () => JSON.stringify({ export_metadata: { format: 'json' }, data: rows }, null, 2)],
    ['lines.ndjson', () => rows.map((row) => JSON.stringify(row)).join('\n')],
    ['asc.csv', () => asCsv(rows)],
    ['asc.json.gz', () => gzipSync(asJson(rows))],
  ];

  it.each(shapes)('whether the export is %s or seed JSON, oldest first', async (name, content) => {
    writeFileSync(join(directory, name), content());
    expect(await train(name, 2)).toEqual(reference);
  });

  it('but another seed gives another forest on the same features', async () => {
    const other = await train('asc.json', 2, 43);
    expect(other[VERSION_FILES.featureSpec]).toBe(reference[VERSION_FILES.featureSpec]);
    expect(other[VERSION_FILES.forest]).not.toBe(reference[VERSION_FILES.forest]);
    expect(other[VERSION_FILES.model]).not.toBe(reference[VERSION_FILES.model]);
  });

  it('and the pickle holds the trees that our scorer walks', async () => {
    const version = await trainVersion('asc.json', 2);
    const { forest } = await registry.load(version);
    const model = attributes(unpickle(registry.store.read(version, VERSION_FILES.model)).value);
    const features = model.get('estimators_features_') as unknown[];
    expect(features.length).toBe(40);
    features.forEach((indices, tree) => {
      const from = tree * forest.maxFeatures;
      expect(int64Values(indices)).toEqual(
        Array.from(forest.treeFeatures.subarray(from, from + forest.maxFeatures)),
      );
    });
  });
});
