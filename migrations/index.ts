import { CreateExports1795219201000 } from './1795219201000-create-exports.js';
import { CreateTrainingRuns1795219202000 } from './1795219202000-create-training-runs.js';
import { CreateTrainingEvents1795219203000 } from './1795219203000-create-training-events.js';
import { CreateModelVersions1795219204000 } from './1795219204000-create-model-versions.js';
import { CreateModelAliases1795219205000 } from './1795219205000-create-model-aliases.js';
import { CreateDeployments1795219206000 } from './1795219206000-create-deployments.js';
import { CreateAuditLog1795219207000 } from './1795219207000-create-audit-log.js';
import { CreateApiKeys1795219231000 } from './1795219231000-create-api-keys.js';
import { AddTrainingRunLimits1795219300000 } from './1795219300000-add-training-run-limits.js';
import { CreateQueueWorkers1795219301000 } from './1795219301000-create-queue-workers.js';
import { CreateSchedules1795219400000 } from './1795219400000-create-schedules.js';
import { AddModelDeletion1795219500000 } from './1795219500000-add-model-deletion.js';
import { CreateIdempotencyKeys1795219600000 } from './1795219600000-create-idempotency-keys.js';

/** In the order they run. A list, because a directory pattern finds nothing when tests run from source. */
export const MIGRATIONS = [
  CreateExports1795219201000,
  CreateTrainingRuns1795219202000,
  CreateTrainingEvents1795219203000,
  CreateModelVersions1795219204000,
  CreateModelAliases1795219205000,
  CreateDeployments1795219206000,
  CreateAuditLog1795219207000,
  CreateApiKeys1795219231000,
  AddTrainingRunLimits1795219300000,
  CreateQueueWorkers1795219301000,
  CreateSchedules1795219400000,
  AddModelDeletion1795219500000,
  CreateIdempotencyKeys1795219600000,
];
