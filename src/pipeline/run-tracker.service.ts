import { Inject, Injectable } from '@nestjs/common';
import { APP_VERSION } from '../platform/app-version.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { APP_CONFIG } from '../platform/config/app-config.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import type { MlflowConfig } from '../platform/config/schema/mlflow.schema.js';
import { APP_LOGGER } from '../platform/logging/logging.module.js';
import type { AppLogger } from '../platform/logging/app-logger.js';
import { Observations } from '../platform/metrics/observations.js';
import { JobAbortedError } from '../platform/queue/job-queue.js';
import { MlflowClient, type MlflowStatus } from '../platform/tracking/mlflow-client.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { TrainingRun } from '../training/training-run.js';
import { mlflowRecord } from './mlflow-record.js';
import type { ExecutionResult } from './execution-result.js';

const STATUS: Readonly<Record<ExecutionResult['status'], MlflowStatus>> = {
  completed: 'FINISHED',
  // It was trained; the tag "gate" says that the model may not be deployed.
  rejected: 'FINISHED',
  failed: 'FAILED',
  cancelled: 'KILLED',
};

/**
 * Tells an MLflow server about a run that has ended and is recorded. Nothing that happens here changes the run: what
 * fails is a warning in the log and a number in the metrics.
 */
@Injectable()
export class RunTrackerService {
  constructor(
    @Inject(APP_CONFIG) private readonly config: ResolvedConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(APP_LOGGER) private readonly logger: AppLogger,
    private readonly registry: ModelRegistryService,
    private readonly observations: Observations,
  ) {}

  async track(
    run: TrainingRun,
    execution: ExecutionResult,
    startMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const settings = this.config.values.mlflow;
    if (settings.tracking_uri === null || goesOn(signal)) return;
    try {
      await this.log(run, execution, startMs, settings);
      this.observations.note({ kind: 'tracked', outcome: 'logged' });
    } catch (error) {
      this.observations.note({ kind: 'tracked', outcome: 'failed' });
      const why = error instanceof Error ? error.message : String(error);
      this.logger.warn(
        `Run ${run.trainingId} was not logged to MLflow, or in part only: ${why} The run itself is not affected.`,
        'mlflow',
      );
    }
  }

  private async log(
    run: TrainingRun,
    execution: ExecutionResult,
    startMs: number,
    settings: MlflowConfig,
  ): Promise<void> {
    const client = new MlflowClient(settings, AbortSignal.timeout(settings.timeout * 1000));
    const { name, tags, params, metrics } = mlflowRecord(run, execution, APP_VERSION);
    const experiment = await client.experiment(settings.experiment);
    const logged = await client.createRun(experiment, { name, startMs, tags });
    await client.log(logged, params, metrics, this.clock.nowMs());
    let withoutFiles = false;
    if (settings.artifacts && 'result' in execution) {
      const { version, artifacts } = execution.result;
      await this.registry.fetch(version);
      withoutFiles = logged.artifactPath === null;
      for (const file of logged.artifactPath === null ? [] : filesOf(artifacts)) {
        const bytes = this.registry.store.read(version, file);
        await client.putArtifact(logged.artifactPath!, `model/${file}`, bytes);
      }
    }
    await client.end(logged, STATUS[execution.status], this.clock.nowMs());
    if (withoutFiles) {
      this.logger.warn(
        `The files of ${name} were not uploaded: the MLflow server keeps artifacts where only its own clients write ` +
          '(start it with --serve-artifacts, or set mlflow.artifacts to false).',
        'mlflow',
      );
    }
  }
}

const MANIFEST = 'deployment_manifest.json';

/** The manifest holds the hashes of the others and is not among them. */
const filesOf = (artifacts: Readonly<Record<string, string>>): string[] => [
  ...new Set([...Object.keys(artifacts), MANIFEST]),
];

/** The run has not ended here: another worker goes on with it, or it waits for one. */
const goesOn = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof JobAbortedError && reason.reason !== 'cancelled';
