/**
 * Layout `symlink` of a target directory (product contract, section 5; seed 004 names the files):
 *
 *   wifi_model_<version>.joblib, wifi_metadata_<version>.json, wifi_scaler_<version>.joblib     plain files, kept
 *   .wifi_releases/<version>/model.joblib, metadata.json, scaler.joblib                         links to those files
 *   .wifi_active -> .wifi_releases/<version>                                                    THE switch: one rename
 *   wifi_model_active.joblib -> .wifi_active/model.joblib   (metadata, scaler alike)            made once, never touched
 *
 * Model and metadata change at the same instant, because both names lead through the one link that is replaced. A
 * reader that opens the two names around a switch can still tell: the metadata carries the model's SHA-256.
 */
export interface SymlinkNames {
  readonly files: readonly SymlinkFile[];
  /** Directory of the version's links, relative to the target. */
  readonly release: string;
  /** The directory link that one rename replaces. */
  readonly active: string;
}

export interface SymlinkFile {
  readonly role: 'model' | 'metadata' | 'scaler';
  /** Flat file of this version. */
  readonly versioned: string;
  /** Name inside the release directory. */
  readonly inRelease: string;
  /** What the consumer opens. */
  readonly activeLink: string;
}

const EXTENSION = { model: 'joblib', metadata: 'json', scaler: 'joblib' } as const;

export function symlinkNames(modelName: string, version: string): SymlinkNames {
  const roles = ['model', 'metadata', 'scaler'] as const;
  return {
    files: roles.map((role) => ({
      role,
      versioned: `${modelName}_${role}_${version}.${EXTENSION[role]}`,
      inRelease: `${role}.${EXTENSION[role]}`,
      activeLink: `${modelName}_${role}_active.${EXTENSION[role]}`,
    })),
    release: `.${modelName}_releases/${version}`,
    active: `.${modelName}_active`,
  };
}

export interface AgentMetadataInput {
  readonly modelName: string;
  readonly version: string;
  /** RFC 3339 UTC with Z, as in seed 004. */
  readonly trainedAt: string;
  readonly trainingDataSource: string;
  readonly trainingLogCount: number;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly featureNames: readonly string[];
  readonly featureSpecHash: string;
  /** score_samples below this is an anomaly. */
  readonly offset: number;
  readonly modelSha256: string;
  readonly scalerSha256: string;
}

/** `wifi_metadata_<version>.json`: the fields of seed 004, plus what proves that model and metadata are a pair. */
export function agentMetadata(input: AgentMetadataInput): Record<string, unknown> {
  const names = symlinkNames(input.modelName, input.version);
  const file = (role: SymlinkFile['role']): string =>
    names.files.find((entry) => entry.role === role)!.versioned;
  return {
    model_version: input.version,
    model_file: file('model'),
    model_sha256: input.modelSha256,
    scaler_file: file('scaler'),
    scaler_sha256: input.scalerSha256,
    agent_name: input.modelName,
    training_date: input.trainedAt,
    training_data_source: input.trainingDataSource,
    training_log_count: input.trainingLogCount,
    hyperparameters: input.hyperparameters,
    features_used: input.featureNames,
    feature_spec_hash: input.featureSpecHash,
    threshold: -input.offset,
  };
}
