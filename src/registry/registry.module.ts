import { Module } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { ArtifactStore } from './artifact-store.js';
import { ChampionsRepository } from './champions.repository.js';
import { ChampionsService } from './champions.service.js';
import { ModelAliasRepository } from './model-alias.repository.js';
import { ModelAliasService } from './model-alias.service.js';
import { ModelDeletionRepository } from './model-deletion.repository.js';
import { ModelDeletionService } from './model-deletion.service.js';
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
    ModelAliasRepository,
    ModelAliasService,
    ModelDeletionRepository,
    ModelDeletionService,
    ModelRegistryService,
    ModelLoaderService,
    ChampionsRepository,
    ChampionsService,
  ],
  exports: [
    ModelRegistryService,
    ModelAliasService,
    ModelDeletionService,
    ModelLoaderService,
    ChampionsService,
  ],
})
export class RegistryModule {}
