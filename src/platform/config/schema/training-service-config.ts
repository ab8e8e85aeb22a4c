import { ApiConfig } from './api.schema.js';
import { DatabaseConfig } from './database.schema.js';
import { DeploymentConfig } from './deployment.schema.js';
import { EvaluationConfig } from './evaluation.schema.js';
import { FeaturesConfig } from './features.schema.js';
import { Key, Section } from './key.js';
import { LoggingConfig } from './logging.schema.js';
import { MlflowConfig } from './mlflow.schema.js';
import { ModelConfig } from './model.schema.js';
import { MonitoringConfig } from './monitoring.schema.js';
import { text } from './rules.js';
import { ServiceConfig } from './service.schema.js';
import { StorageConfig } from './storage.schema.js';
import { TrainingConfig } from './training.schema.js';

/**
 * The whole configuration, keys as users write them. `new TrainingServiceConfig()` is the set of code defaults.
 * Property types hold for a checked tree only: `loadConfig` is the one that makes it.
 */
export class TrainingServiceConfig {
  @Key(
    text('a text such as 2.0.0', { max: 32, pattern: /^\d+(\.\d+)*$/ }),
    'Version of the file format, for people; the service reads every version in the same way.',
  )
  version = '2.0.0';

  @Section(ModelConfig)
  model = new ModelConfig();

  @Section(FeaturesConfig)
  features = new FeaturesConfig();

  @Section(TrainingConfig)
  training = new TrainingConfig();

  @Section(StorageConfig)
  storage = new StorageConfig();

  @Section(EvaluationConfig)
  evaluation = new EvaluationConfig();

  @Section(DatabaseConfig)
  database = new DatabaseConfig();

  @Section(MonitoringConfig)
  monitoring = new MonitoringConfig();

  @Section(MlflowConfig)
  mlflow = new MlflowConfig();

  @Section(LoggingConfig)
  logging = new LoggingConfig();

  @Section(ServiceConfig)
  service = new ServiceConfig();

  @Section(ApiConfig)
  api = new ApiConfig();

  @Section(DeploymentConfig)
  deployment = new DeploymentConfig();
}
