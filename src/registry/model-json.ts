import type { ModelAlias, ModelVersion } from './model-version.js';

/** A version in a list, as CLI and API print it. */
export function modelSummary(model: ModelVersion): Record<string, unknown> {
  return {
    version: model.version,
    model_name: model.modelName,
    status: model.status,
    aliases: model.aliases,
    tags: model.tags,
    model_type: model.modelType,
    feature_set: model.featureSet,
    training_samples: model.trainingSamples,
    gate_passed: model.gate.passed,
    created_at: model.createdAt,
    deployed_at: model.deployedAt,
  };
}

/** Everything about a version. */
export function modelDetail(model: ModelVersion): Record<string, unknown> {
  return {
    ...modelSummary(model),
    training_id: model.trainingId,
    parent_version: model.parentVersion,
    notes: model.notes,
    storage_key: model.storageKey,
    metrics: model.metrics,
    gate: model.gate,
    lineage: model.lineage,
    artifacts: model.artifacts,
  };
}

export function aliasDocument({ modelName, alias, version, updatedAt }: ModelAlias): AliasDocument {
  return { model_name: modelName, alias, version, updated_at: updatedAt };
}

export interface AliasDocument {
  readonly model_name: string;
  readonly alias: string;
  readonly version: string;
  readonly updated_at: string;
}
