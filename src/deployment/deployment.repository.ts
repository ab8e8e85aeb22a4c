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
  readonly previousVersion: string | null;
  readonly actor: string;
}

@Injectable()
export class DeploymentRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async start(deployment: NewDeployment): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO deployments (id, model_name, version, target, layout, action, previous_version, status, actor)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'started', $8)`,
      [
        deployment.id,
        deployment.modelName,
        deployment.version,
        deployment.target,
        deployment.layout,
        deployment.action,
        deployment.previousVersion,
        deployment.actor,
      ],
    );
  }

  async finish(id: string, error: string | null): Promise<void> {
    await this.dataSource.query(
      `UPDATE deployments SET status = $2, error = $3, finished_at = now() WHERE id = $1`,
      [id, error === null ? 'active' : 'failed', error],
    );
  }

  /** Deployments that a crash left half-done (started long enough ago that nobody is still at them). */
  async failUnfinished(olderThanSeconds: number): Promise<{ version: string; target: string }[]> {
    const [rows] = await this.dataSource.query<[{ version: string; target: string }[], number]>(
      `UPDATE deployments SET status = 'failed', error = 'interrupted', finished_at = now()
       WHERE status = 'started' AND started_at < now() - make_interval(secs => $1) RETURNING version, target`,
      [olderThanSeconds],
    );
    return rows;
  }
}
