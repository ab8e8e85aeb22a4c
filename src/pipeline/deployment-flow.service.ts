import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { agentMetadata } from '../deployment/core/symlink-layout.js';
import { DeploymentService } from '../deployment/deployment.service.js';
import type { TargetInfo } from '../deployment/deployment-targets.js';
import { PackageService } from '../deployment/package.service.js';
import type { Delivery } from '../deployment/layouts/deployment-layout.js';
import { jsonFile, VERSION_FILES } from '../registry/core/version-files.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Actor, ModelVersion } from '../registry/model-version.js';
import { AppError } from '../shared/errors.js';

export interface DeployCommand {
  readonly version: string;
  readonly target: string;
  readonly actor: Actor;
  /** The champion the caller has seen; undefined = whatever it is by then. */
  readonly expected?: string | null;
  /** The model it must belong to; absent = whatever it is. */
  readonly modelName?: string;
  readonly dryRun?: boolean;
}

export interface RollbackCommand {
  readonly modelName: string;
  /** null = the newest older version that was deployed before. */
  readonly version: string | null;
  readonly target: string;
  /** Its reason is required: it goes into the audit log. */
  readonly actor: Actor;
  /** As for a deployment. */
  readonly expected?: string | null;
  readonly dryRun?: boolean;
}

export interface DeployOutcome {
  readonly model_name: string;
  readonly version: string;
  readonly previous_version: string | null;
  readonly target: string;
  readonly directory: string;
  readonly layout: string;
  readonly status: 'deployed' | 'rolled_back' | 'would_deploy' | 'would_roll_back';
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

type Action = 'deploy' | 'rollback';

/** registry -> deployment: a version that passed its gate and its verification becomes what the consumer reads. */
@Injectable()
export class DeploymentFlowService {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly deployments: DeploymentService,
    private readonly packages: PackageService,
  ) {}

  async deploy(command: DeployCommand): Promise<DeployOutcome> {
    const model = await this.registry.assertDeployable(command.version);
    if (command.modelName !== undefined) assertBelongs(model, command.modelName);
    return this.switchTo(model, 'deploy', command);
  }

  /** The old version is verified before anything is switched: a broken one leaves the present one in place. */
  async rollback(command: RollbackCommand): Promise<DeployOutcome> {
    const { modelName, version, actor } = command;
    if (actor.reason === null || actor.reason.trim() === '') {
      throw new AppError('usage', 'A rollback needs a reason; it goes into the audit log.', {
        hint: 'Add --reason "...".',
      });
    }
    const wanted = version ?? (await this.registry.rollbackCandidate(modelName));
    const model = await this.registry.assertDeployable(wanted);
    assertBelongs(model, modelName);
    return this.switchTo(model, 'rollback', command);
  }

  private async switchTo(
    model: ModelVersion,
    action: Action,
    { target, actor, expected, dryRun = false }: Omit<DeployCommand, 'version'>,
  ): Promise<DeployOutcome> {
    const { modelName, version } = model;
    if (dryRun) {
      const current = await this.registry.deployed(modelName);
      return outcome(
        model,
        this.deployments.targets.info(target),
        current?.version ?? null,
        action === 'deploy' ? 'would_deploy' : 'would_roll_back',
      );
    }
    const { info, previousVersion } = await this.deployments.deploy({
      delivery: this.delivery(model),
      target,
      action,
      actor: actor.name,
      promote: (activate) =>
        this.registry.promote(version, { expected, action, actor, switchOver: activate }),
      withChampion: (body) => this.registry.withChampion(modelName, body),
    });
    return outcome(model, info, previousVersion, action === 'deploy' ? 'deployed' : 'rolled_back');
  }

  private delivery(model: ModelVersion): Delivery {
    const { store } = this.registry;
    const files = Object.fromEntries(
      Object.keys(model.artifacts).map((file) => [file, store.read(model.version, file)]),
    );
    return {
      modelName: model.modelName,
      version: model.version,
      files,
      agentMetadata: Buffer.from(jsonFile(this.agentMetadata(model))),
      buildPackage: async () => {
        const { version, modelName, artifacts } = model;
        const read = (file: string): Uint8Array => store.read(version, file);
        return (await this.packages.build({ version, modelName, artifacts, read })).bytes;
      },
    };
  }

  private agentMetadata(model: ModelVersion): Record<string, unknown> {
    const stored = this.registry.store.readJson(model.version, VERSION_FILES.metadata) as StoredMetadata;
    const { model_info: info, training_info: training } = stored;
    const exports = model.lineage.exports as readonly { readonly name: string }[] | undefined;
    return agentMetadata({
      modelName: model.modelName,
      version: model.version,
      trainedAt: `${info.created_at}Z`,
      trainingDataSource: (exports ?? []).map(({ name }) => basename(name)).join(', '),
      trainingLogCount: training.log_count,
      hyperparameters: training.model_parameters,
      featureNames: training.feature_names,
      featureSpecHash: training.feature_spec_hash,
      offset: training.offset,
      modelSha256: model.artifacts[VERSION_FILES.model],
      scalerSha256: model.artifacts[VERSION_FILES.scaler],
    });
  }
}

function assertBelongs({ version, modelName }: ModelVersion, wanted: string): void {
  if (modelName === wanted) return;
  throw new AppError('usage', `Version ${version} belongs to model "${modelName}", not to "${wanted}".`);
}

function outcome(
  model: ModelVersion,
  info: TargetInfo,
  previous: string | null,
  status: DeployOutcome['status'],
): DeployOutcome {
  return {
    model_name: model.modelName,
    version: model.version,
    previous_version: previous,
    target: info.name,
    directory: info.location,
    layout: info.layout,
    status,
  };
}
