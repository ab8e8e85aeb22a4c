import { MIGRATIONS } from '../migrations/index.js';
import { DeploymentEntity } from './deployment/deployment.entity.js';
import { ExportEntity } from './export/export.entity.js';
import { ScheduleEntity } from './pipeline/schedules/schedule.entity.js';
import { ScheduleTickEntity } from './pipeline/schedules/schedule-tick.entity.js';
import type { DatabaseSchema } from './platform/database/data-source.js';
import { IdempotencyKeyEntity } from './platform/http/idempotency/idempotency-key.entity.js';
import { ApiKeyEntity } from './platform/security/api-key.entity.js';
import { AuditEntryEntity } from './registry/audit-entry.entity.js';
import { ModelAliasEntity } from './registry/model-alias.entity.js';
import { ModelVersionEntity } from './registry/model-version.entity.js';
import { QueueWorkerEntity } from './training/queue-worker.entity.js';
import { TrainingEventEntity } from './training/training-event.entity.js';
import { TrainingRunEntity } from './training/training-run.entity.js';

/** Every table of the service and how it comes about: the one place that knows the tables of all stages. */
export const DATABASE_SCHEMA: DatabaseSchema = {
  entities: [
    ExportEntity,
    TrainingRunEntity,
    TrainingEventEntity,
    QueueWorkerEntity,
    ModelVersionEntity,
    ModelAliasEntity,
    DeploymentEntity,
    AuditEntryEntity,
    ApiKeyEntity,
    IdempotencyKeyEntity,
    ScheduleEntity,
    ScheduleTickEntity,
  ],
  migrations: MIGRATIONS,
};
