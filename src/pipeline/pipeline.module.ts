import { Module } from '@nestjs/common';
import { DeploymentModule } from '../deployment/deployment.module.js';
import { EvaluationModule } from '../evaluation/evaluation.module.js';
import { ExportModule } from '../export/export.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { MonitoringModule } from '../monitoring/monitoring.module.js';
import { RegistryModule } from '../registry/registry.module.js';
import { TrainingModule } from '../training/training.module.js';
import { CompareFlowService } from './compare-flow.service.js';
import { DeploymentFlowService } from './deployment-flow.service.js';
import { ImportFlowService } from './import-flow.service.js';
import { LineageService } from './lineage.service.js';
import { ModelEvaluationService } from './model-evaluation.service.js';
import { ModelFilesService } from './model-files.service.js';
import { RebuildService } from './rebuild.service.js';
import { ModelInputService } from './model-input.service.js';
import { QueueWatchdogService } from './queue-watchdog.service.js';
import { ReconcilerService } from './reconciler.service.js';
import { RetentionService } from './retention.service.js';
import { RunCreatorService } from './run-creator.service.js';
import { RunExecutorService } from './run-executor.service.js';
import { RunTrackerService } from './run-tracker.service.js';
import { ScoringFlowService } from './scoring-flow.service.js';
import { ThresholdFlowService } from './threshold-flow.service.js';
import { TrainingInputService } from './training-input.service.js';
import { ModelFitService } from './model-fit.service.js';
import { TrainingPipelineService } from './training-pipeline.service.js';
import { TrainingQueueService } from './training-queue.service.js';
import { TuningService } from './tuning.service.js';
import { WindowExplanationService } from './window-explanation.service.js';

@Module({
  imports: [
    ExportModule,
    FeaturesModule,
    TrainingModule,
    EvaluationModule,
    RegistryModule,
    DeploymentModule,
    MonitoringModule,
  ],
  providers: [
    TrainingInputService,
    ModelFitService,
    TrainingPipelineService,
    RunCreatorService,
    RunExecutorService,
    RunTrackerService,
    TrainingQueueService,
    QueueWatchdogService,
    DeploymentFlowService,
    ScoringFlowService,
    WindowExplanationService,
    ImportFlowService,
    LineageService,
    RetentionService,
    ModelFilesService,
    RebuildService,
    CompareFlowService,
    TuningService,
    ModelInputService,
    ModelEvaluationService,
    ThresholdFlowService,
    ReconcilerService,
  ],
  exports: [
    DeploymentFlowService,
    ImportFlowService,
    LineageService,
    RetentionService,
    ModelEvaluationService,
    ModelFilesService,
    RebuildService,
    CompareFlowService,
    TuningService,
    ThresholdFlowService,
    ReconcilerService,
    RunCreatorService,
    ScoringFlowService,
    TrainingQueueService,
  ],
})
export class PipelineModule {}
