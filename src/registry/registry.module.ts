import { Module } from '@nestjs/common';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { OBJECT_STORE, type ObjectStore } from '../platform/object-store/object-store.js';
import { ArtifactStore } from './artifact-store.js';
import { BucketVersionStorage } from './bucket-version-storage.js';
import { ChampionsRepository } from './champions.repository.js';
import { ChampionsService } from './champions.service.js';
import { DiskVersionStorage } from './disk-version-storage.js';
import { ModelAliasRepository } from './model-alias.repository.js';
import { ModelAliasService } from './model-alias.service.js';
import { ModelDeletionRepository } from './model-deletion.repository.js';
import { ModelDeletionService } from './model-deletion.service.js';
import { ModelLoaderService } from './model-loader.service.js';
import { ModelRegistryService } from './model-registry.service.js';
import { ModelVersionRepository } from './model-version.repository.js';
import { VERSION_STORAGE, type VersionStorage } from './version-storage.js';

@Module({
  providers: [
    {
      provide: ArtifactStore,
      useFactory: (config: ResolvedConfig) => new ArtifactStore(config.paths.modelsDir),
      inject: [APP_CONFIG],
    },
    {
      provide: VERSION_STORAGE,
      useFactory: (local: ArtifactStore, objects: ObjectStore | null): VersionStorage =>
        objects === null ? new DiskVersionStorage(local) : new BucketVersionStorage(local, objects),
      inject: [ArtifactStore, OBJECT_STORE],
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
