import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { DeploymentRecord } from './deployment-record.js';

export interface NewDeployment {
  readonly id: string;
  readonly modelName: string;
  readonly version: string;
  readonly target: string;
  readonly layout: string;
  readonly action: 'deploy' | 'rollback';
  readonly actor: string;
}

export interface UnfinishedDeployment {
  readonly id: string;
  readonly version: string;
  readonly target: string;
}

export interface DeploymentEnd {
  /** null = the version is active at the target. */
  readonly error: string | null;
  readonly previousVersion: string | null;
}

@Injectable()
export class DeploymentRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async start(deployment: NewDeployment): Promise<void> {
    const { id, modelName, version, target, layout, action, actor } = deployment;
    await this.dataSource.query(
      `INSERT INTO deployments (id, model_name, version, target, layout, action, status, actor)
       VALUES ($1, $2, $3, $4, $5, $6, 'started', $7)`,
      [id, modelName, version, target, layout, action, actor],
    );
  }

  async finish(id: string, { error, previousVersion }: DeploymentEnd): Promise<void> {
    await this.dataSource.query(
      `UPDATE deployments SET status = $2, error = $3, previous_version = $4, finished_at = now() WHERE id = $1`,
      [id, error === null ? 'active' : 'failed', error, previousVersion],
    );
  }

  /** Deployments that a crash left half-done: started so long ago that nobody is still at them. */
  async unfinished(modelName: string, olderThanSeconds: number): Promise<UnfinishedDeployment[]> {
    return this.dataSource.query(
      `SELECT id, version, target FROM deployments
       WHERE model_name = $1 AND status = 'started' AND started_at < now() - make_interval(secs => $2)
       ORDER BY started_at`,
      [modelName, olderThanSeconds],
    );
  }

  async wasUsed(modelName: string, target: string): Promise<boolean> {
    const [{ used }] = await this.dataSource.query<[{ used: boolean }]>(
      `SELECT EXISTS (SELECT FROM deployments WHERE model_name = $1 AND target = $2) AS used`,
      [modelName, target],
    );
    return used;
  }

  /** Attempts to deploy one version, newest first. */
  async ofVersion(version: string, limit: number): Promise<DeploymentRecord[]> {
    const rows: (Omit<DeploymentRecord, 'started_at' | 'finished_at'> & {
      started_at: Date;
      finished_at: Date | null;
    })[] = await this.dataSource.query(
      `SELECT id, target, layout, action, status, previous_version, actor,
         started_at, finished_at
       FROM deployments WHERE version = $1 ORDER BY started_at DESC, id LIMIT $2`,
      [version, limit],
    );
    return rows.map((row) => ({
      ...row,
      started_at: row.started_at.toISOString(),
      finished_at: row.finished_at?.toISOString() ?? null,
    }));
  }

  /** What readers of each target got last. */
  async activeVersions(modelName: string): Promise<string[]> {
    const rows: { version: string }[] = await this.dataSource.query(
      `SELECT DISTINCT ON (target) version FROM deployments
       WHERE model_name = $1 AND status IN ('active', 'started') ORDER BY target, started_at DESC, id`,
      [modelName],
    );
    return rows.map(({ version }) => version);
  }
}
