import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../platform/http/requires.js';
import { QueueStatusDto } from './queue.dto.js';
import { TrainingQueueService } from './training-queue.service.js';

@ApiTags('training')
@Controller('training')
export class QueueController {
  constructor(private readonly queue: TrainingQueueService) {}

  @Get('queue')
  @Requires('read')
  @ApiOperation({
    operationId: 'getTrainingQueue',
    summary: 'How many trainings wait, and who works on them',
  })
  @ApiOkResponse({ type: QueueStatusDto })
  async status(): Promise<QueueStatusDto> {
    const { waiting, active, oldestWaitingSeconds, capacity, workers } = await this.queue.status();
    return {
      waiting,
      active,
      oldest_waiting_seconds: oldestWaitingSeconds,
      capacity,
      workers: workers.map(({ startedAt, heartbeatAt, ...worker }) => ({
        ...worker,
        started_at: startedAt,
        heartbeat_at: heartbeatAt,
      })),
    };
  }
}
