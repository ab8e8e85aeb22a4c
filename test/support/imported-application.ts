import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackageService } from '../../src/deployment/package.service.js';
import { runConfig } from '../../src/pipeline/run-config.js';
import { TrainingPipelineService } from '../../src/pipeline/training-pipeline.service.js';
import { ModelRegistryService } from '../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from './application.js';
import { asJson, sampleRows } from './sample-files.js';

export interface ApplicationWithModel extends TestApplication {
  readonly registry: ModelRegistryService;
  /** A version that was really trained, passed its gate, and is packaged. */
  readonly version: string;
  readonly archive: Buffer;
  /** The export it was trained on, in the exports directory. */
  readonly exportFile: { readonly path: string; readonly name: string };
}

/** The whole service with one trained version. */
export async function startWithModel(name: string, directory: string): Promise<ApplicationWithModel> {
  const application = await startApplication(name, directory);
  const registry = application.app.get(ModelRegistryService, { strict: false });
  mkdirSync(join(directory, 'exports'), { recursive: true });
  const exportFile = { path: join(directory, 'exports', 'june.json'), name: 'june.json' };
  writeFileSync(exportFile.path, asJson(sampleRows(9000)));
  const { model } = await application.app.get(TrainingPipelineService, { strict: false }).train(
    {
      files: [exportFile],
      modelName: 'wifi',
      startMs: null,
      endMs: null,
      programs: null,
      configOverrides: null,
      noFollow: true,
      deploy: false,
      outputDir: null,
    },
    runConfig(application.config),
    { name: 'test', reason: null },
    {
      trainingId: '00000000-0000-4000-8000-000000000001',
      signal: new AbortController().signal,
      step: () => Promise.resolve(),
      fraction: () => undefined,
    },
  );
  const { version, modelName, artifacts } = model;
  const { bytes } = await application.app.get(PackageService, { strict: false }).build({
    version,
    modelName,
    artifacts,
    read: (file) => registry.store.read(version, file),
  });
  return { ...application, registry, version, archive: bytes, exportFile };
}
