import { Injectable } from '@nestjs/common';
import { RunStatisticsRepository, type RunStatistics } from './run-statistics.repository.js';

/** The runs as numbers, for the rest of the service. */
@Injectable()
export class RunStatisticsService {
  constructor(private readonly statistics: RunStatisticsRepository) {}

  read(): Promise<RunStatistics> {
    return this.statistics.read();
  }
}
