import { Injectable } from '@nestjs/common';
import { agentMetadata } from '../deployment/core/symlink-layout.js';
import { DeploymentService } from '../deployment/deployment.service.js';
import { VERSION_FILES } from '../registry/core/version-files.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Actor, ModelVersion } from '../registry/model-version.js';
import { jsonFile } from '../registry/core/version-files.js';

export interface DeployCommand {
  readonly version: string;
  readonly target: string;
  readonly actor: Actor;
  readonly dryRun?: boolean;
}

export interface DeployOutcome {
  readonly model_name: string;
  readonly version: string;
  readonly previous_version: string | null;
  readonly target: string;
  readonly directory: string;
  readonly layout: string;
  readonly status: 'deployed' | 'would_deploy';
}

interface StoredMetadata {
  readonly model_info: { readonly created_at: string };
  readonly training_info: {
    readonly offset: number;
    readonly log_count: number;
    readonly feature_names: readonly string[];
    readonly feature_spec_hash: string;
    readonly model_parameters: Readonly<Record<string, unknown>>;
  };
}

/** registry -> deployment: a version that passed its gate and its verification becomes what the consumer reads. */
@Injectable()
export class DeploymentFlowService {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly deployments: DeploymentService,
  ) {}

  async deploy({ version, target, actor, dryRun = false }: DeployCommand): Promise<DeployOutcome> {
    const model = await this.registry.assertDeployable(version);
    const current = await this.registry.deployed(model.modelName);
    const previous = current?.version ?? null;
    const info = this.deployments.targetInfo(target);
    const outcome = {
      model_name: model.modelName,
      version,
      previous_version: previous === version ? null : previous,
      target: info.name,
      directory: info.directory,
      layout: info.layout,
    };
    if (dryRun) return { ...outcome, status: 'would_deploy' };
    await this.deployments.deploy({
      files: { modelName: model.modelName, version, contents: this.contents(model) },
      target,
      previousVersion: previous,
      actor: actor.name,
      promote: (activate) => this.registry.promote(version, previous, actor, activate),
    });
    return { ...outcome, status: 'deployed' };
  }

  private contents(model: ModelVersion): Record<'model' | 'metadata' | 'scaler', Uint8Array> {
    const { store } = this.registry;
    const { model_info: info, training_info: training } = store.readJson(
      model.version,
      VERSION_FILES.metadata,
    ) as StoredMetadata;
    const exports = model.lineage.exports as readonly { readonly name: string }[] | undefined;
    const metadata = agentMetadata({
      modelName: model.modelName,
      version: model.version,
      trainedAt: `${info.created_at}Z`,
      trainingDataSource: (exports ?? []).map(({ name }) => name).join(', '),
      trainingLogCount: training.log_count,
      hyperparameters: training.model_parameters,
      featureNames: training.feature_names,
      featureSpecHash: training.feature_spec_hash,
      offset: training.offset,
      modelSha256: model.artifacts[VERSION_FILES.model],
      scalerSha256: model.artifacts[VERSION_FILES.scaler],
    });
    return {
      model: store.read(model.version, VERSION_FILES.model),
      scaler: store.read(model.version, VERSION_FILES.scaler),
      metadata: Buffer.from(jsonFile(metadata)),
    };
  }
}
