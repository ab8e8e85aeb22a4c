import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

/** The runs as numbers, for people who watch the service. */
export interface RunStatistics {
  /** Status -> runs; a status without a run is absent. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Seconds since the oldest queued run was recorded; 0 = none is queued. */
  readonly oldestQueuedSeconds: number;
  /** Running runs whose lease has ended. */
  readonly expiredLeases: number;
}

@Injectable()
export class RunStatisticsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** All times are the database's: replicas may disagree about theirs. */
  async read(): Promise<RunStatistics> {
    const rows: { status: string; runs: string; age: number | null; expired: string }[] =
      await this.dataSource.query(
        `SELECT status, count(*) AS runs,
           (extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'queued')))::float8 AS age,
           count(*) FILTER (WHERE status = 'running' AND lease_expires_at < now()) AS expired
         FROM training_runs GROUP BY status`,
      );
    return {
      byStatus: Object.fromEntries(rows.map(({ status, runs }) => [status, Number(runs)])),
      oldestQueuedSeconds: Math.max(0, ...rows.map(({ age }) => age ?? 0)),
      expiredLeases: rows.reduce((sum, { expired }) => sum + Number(expired), 0),
    };
  }
}
