import { ApiProperty } from '@nestjs/swagger';

export class QueueWorkerDto {
  @ApiProperty({ description: 'Host and process', example: 'trainer-1:4711' })
  identity: string;

  @ApiProperty({ enum: ['serve', 'worker'] })
  kind: string;

  @ApiProperty({ description: 'Trainings at a time' })
  concurrency: number;

  @ApiProperty({ description: 'Trainings it works on now' })
  running: number;

  @ApiProperty({ description: 'It has given a sign of life within 20 s' })
  alive: boolean;

  @ApiProperty({ format: 'date-time' })
  started_at: string;

  @ApiProperty({ format: 'date-time' })
  heartbeat_at: string;
}

export class QueueStatusDto {
  @ApiProperty({ description: 'Queued trainings' })
  waiting: number;

  @ApiProperty({ description: 'Trainings under way' })
  active: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'How long the oldest queued training has waited',
  })
  oldest_waiting_seconds: number | null;

  @ApiProperty({ description: 'Trainings that the living workers carry out at a time' })
  capacity: number;

  @ApiProperty({ type: [QueueWorkerDto], description: 'Workers heard of within the last hour' })
  workers: QueueWorkerDto[];
}
