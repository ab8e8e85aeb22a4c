import type { DataSource, EntityManager } from 'typeorm';
import { TrainingEventEntity } from './training-event.entity.js';
import type { RunEvent } from './training-run.js';

export interface NewEvent {
  readonly type: string;
  readonly progress: number;
  readonly step: string;
  readonly message: string | null;
  readonly data: unknown;
}

/** The caller holds the run's row lock (it has just updated or inserted it), so sequences cannot collide. */
export async function appendEvent(
  manager: EntityManager,
  trainingId: string,
  event: NewEvent,
): Promise<void> {
  await manager.query(
    `INSERT INTO training_events (run_id, sequence, type, progress, step, message, data)
     SELECT $1, coalesce(max(sequence), 0) + 1, $2, $3, $4, $5, $6 FROM training_events WHERE run_id = $1`,
    [
      trainingId,
      event.type,
      event.progress,
      event.step,
      event.message,
      event.data === null ? null : JSON.stringify(event.data),
    ],
  );
}

export async function eventsAfter(
  dataSource: DataSource,
  {
    trainingId,
    sequence,
    limit,
  }: { readonly trainingId: string; readonly sequence: number; readonly limit: number },
): Promise<RunEvent[]> {
  const entities = await dataSource
    .getRepository(TrainingEventEntity)
    .createQueryBuilder('event')
    .where('event.runId = :trainingId AND event.sequence > :sequence', { trainingId, sequence })
    .orderBy('event.sequence', 'ASC')
    .limit(limit)
    .getMany();
  return entities.map(({ sequence: number, type, progress, step, message, data, createdAt }) => ({
    sequence: number,
    type,
    progress,
    step,
    message,
    data,
    createdAt: createdAt.toISOString(),
  }));
}
