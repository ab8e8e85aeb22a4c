import { Module } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ArtifactStore } from './artifact-store.js';
import { ModelLoaderService } from './model-loader.service.js';
import { ModelRegistryService } from './model-registry.service.js';
import { ModelVersionRepository } from './model-version.repository.js';

@Module({
  providers: [
    {
      provide: ArtifactStore,
      useFactory: (config: ResolvedConfig) => new ArtifactStore(config.paths.modelsDir),
      inject: [APP_CONFIG],
    },
    ModelVersionRepository,
    ModelRegistryService,
    ModelLoaderService,
  ],
  exports: [ModelRegistryService, ModelLoaderService],
})
export class RegistryModule {}
