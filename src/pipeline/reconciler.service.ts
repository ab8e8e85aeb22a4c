import { Inject, Injectable } from '@nestjs/common';
import { DeploymentService } from '../deployment/deployment.service.js';
import { ExportsService } from '../export/exports.service.js';
import { CLOCK, type Clock } from '../platform/clock.js';
import { isKnownDead } from '../platform/process-identity.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { Orphan } from '../registry/version-storage.js';
import { isTerminal } from '../training/core/run-status.js';
import { TrainingRunsService } from '../training/training-runs.service.js';

export interface Reconciliation {
  /** What a crash had left and is now settled, one sentence each. */
  readonly settled: readonly string[];
  /** What does not agree and needs a person. */
  readonly problems: readonly string[];
}

const INTERRUPTED = {
  code: 'interrupted',
  message: 'The process that carried out this run ended before it was done.',
  hint: 'Start the training again; nothing of this run was registered.',
};

/** Settles what a crash left: runs without a worker, unfinished directories, a deployment between two steps. */
@Injectable()
export class ReconcilerService {
  constructor(
    private readonly runs: TrainingRunsService,
    private readonly registry: ModelRegistryService,
    private readonly deployments: DeploymentService,
    private readonly exports: ExportsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async settle(): Promise<Reconciliation> {
    this.exports.removeAbandonedUploads(this.clock.nowMs());
    const settled = await this.endAbandonedRuns();
    const store = await this.registry.reconcile(this.clock.nowMs());
    settled.push(...store.settled);
    const problems = [...store.problems];
    for (const orphan of store.orphans) {
      const verdict = await this.judgeOrphan(orphan);
      if (verdict === 'remove') {
        // Asked once more now that its run is over: it may have been registered since the table was read.
        if (!(await this.registry.removeOrphan(orphan))) continue;
        settled.push(
          `Removed the files of ${orphan.version}: its run ended before the version was registered.`,
        );
      } else if (verdict === 'report' && !(await this.registry.isRegistered(orphan.version))) {
        problems.push(`${orphan.label} belongs to no registered version. It was left alone.`);
      }
    }
    for (const { modelName } of await this.registry.champions()) {
      const withChampion = (body: (champion: string | null) => Promise<void>): Promise<void> =>
        this.registry.withChampion(modelName, body);
      settled.push(...(await this.deployments.settle(modelName, withChampion)));
    }
    return { settled, problems };
  }

  /** A run of the queue is handed out again as soon as its lease is over; a run of a command line has nobody else. */
  async endAbandonedRuns(): Promise<string[]> {
    const settled: string[] = [];
    for (const { trainingId, workerId, expired, origin } of await this.runs.runningWithWorkers()) {
      const dead = isKnownDead(workerId);
      if (origin !== 'cli') {
        if (dead) await this.runs.expireLease(trainingId, workerId);
        continue;
      }
      if (!dead && !expired) continue;
      if (await this.runs.abandon(trainingId, workerId, INTERRUPTED)) {
        settled.push(`Run ${trainingId} was interrupted; it is recorded as failed.`);
      }
    }
    return settled;
  }

  /** Its run decides; without one that this database knows, or when it was registered once, the storage does. */
  private async judgeOrphan({ trainingId, otherwise }: Orphan): Promise<Orphan['otherwise']> {
    const run = trainingId === null ? null : await this.runs.find(trainingId);
    if (run === null) return otherwise;
    return isTerminal(run.status) ? 'remove' : 'wait';
  }
}
