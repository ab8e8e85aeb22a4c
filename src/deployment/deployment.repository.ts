import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

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
}
