import { Injectable } from '@nestjs/common';
import type { DeploymentRecord } from '../deployment/deployment-record.js';
import { DeploymentService } from '../deployment/deployment.service.js';
import type { AuditEvent } from '../platform/security/audit-event.js';
import { AuditLogService } from '../platform/security/audit-log.service.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { ModelVersion } from '../registry/model-version.js';
import { TrainingRunsService } from '../training/training-runs.service.js';
import type { ScheduleOrigin, TrainingRequest } from './training-request.js';

/** Where a version comes from and what became of it. */
export interface Lineage {
  readonly version: string;
  readonly model_name: string;
  /** Input files with their SHA-256. */
  readonly exports: readonly unknown[];
  readonly selection: unknown;
  readonly config_hash: string | null;
  readonly code_version: string | null;
  /** The commit the program was built from; null = not built from a checkout. */
  readonly code_commit: string | null;
  readonly feature_spec_hash: string | null;
  readonly model_sha256: string | null;
  /** The version that this one was made from, such as by another threshold; null = by a training. */
  readonly parent_version: string | null;
  /** From the parent to the first version of the line. */
  readonly ancestors: readonly string[];
  readonly children: readonly string[];
  /** null = imported, or its run is gone. */
  readonly training: TrainingOrigin | null;
  readonly deployments: readonly DeploymentRecord[];
  /** Of the audit log, newest first, at most 100. */
  readonly events: readonly AuditEvent[];
}

export interface TrainingOrigin {
  readonly training_id: string;
  readonly origin: string;
  /** The tick that began it; null = something else did. */
  readonly schedule: ScheduleOrigin | null;
  readonly status: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

const MAX_ANCESTORS = 100;
const MAX_EVENTS = 100;

@Injectable()
export class LineageService {
  constructor(
    private readonly registry: ModelRegistryService,
    private readonly deployments: DeploymentService,
    private readonly runs: TrainingRunsService,
    private readonly log: AuditLogService,
  ) {}

  async of(version: string): Promise<Lineage> {
    const model = await this.registry.get(version);
    const [ancestors, children, training, deployments, events] = await Promise.all([
      this.ancestors(model),
      this.registry.children(version),
      this.training(model.trainingId),
      this.deployments.ofVersion(version),
      this.log.list({ entity: 'model_version', entityId: version, limit: MAX_EVENTS }),
    ]);
    const { lineage } = model;
    const text = (name: string): string | null => {
      const value = lineage[name];
      return typeof value === 'string' ? value : null;
    };
    return {
      version,
      model_name: model.modelName,
      exports: Array.isArray(lineage.exports) ? (lineage.exports as unknown[]) : [],
      selection: lineage.selection ?? null,
      config_hash: text('config_hash'),
      code_version: text('code_version'),
      code_commit: text('code_commit'),
      feature_spec_hash: text('feature_spec_hash'),
      model_sha256: text('model_sha256'),
      parent_version: model.parentVersion,
      ancestors,
      children,
      training,
      deployments,
      events,
    };
  }

  /** A parent that was deleted is named and ends the line. */
  private async ancestors({ version, parentVersion }: ModelVersion): Promise<string[]> {
    const line: string[] = [];
    let parent = parentVersion;
    while (parent !== null && parent !== version && !line.includes(parent) && line.length < MAX_ANCESTORS) {
      line.push(parent);
      parent = await this.registry.parentOf(parent);
    }
    return line;
  }

  private async training(trainingId: string | null): Promise<TrainingOrigin | null> {
    const run = trainingId === null ? null : await this.runs.find(trainingId);
    if (run === null) return null;
    return {
      training_id: run.trainingId,
      origin: run.origin,
      schedule: (run.request as Partial<TrainingRequest>).schedule ?? null,
      status: run.status,
      created_at: run.createdAt,
      started_at: run.startedAt,
      finished_at: run.finishedAt,
    };
  }
}
