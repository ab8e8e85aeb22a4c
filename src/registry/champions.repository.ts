import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

export interface Champion {
  readonly modelName: string;
  readonly version: string;
}

@Injectable()
export class ChampionsRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The deployed version of each model name, by name. */
  list(limit: number): Promise<Champion[]> {
    return this.dataSource.query(
      `SELECT model_name AS "modelName", version FROM model_versions WHERE status = 'deployed'
       ORDER BY model_name LIMIT $1`,
      [limit],
    );
  }
}
