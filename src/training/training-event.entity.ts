import { Check, Column, Entity, ForeignKey, PrimaryGeneratedColumn, Unique } from 'typeorm';
import { TrainingRunEntity } from './training-run.entity.js';

/** What happened in a run, in order; any replica can replay it to a client from any sequence on. */
@Entity('training_events')
@Unique('training_events_run_id_sequence_key', ['runId', 'sequence'])
@Check('training_events_progress_check', 'progress BETWEEN 0 AND 100')
export class TrainingEventEntity {
  @PrimaryGeneratedColumn('increment', { type: 'bigint', primaryKeyConstraintName: 'training_events_pkey' })
  id: string;

  @Column({ name: 'run_id', type: 'uuid' })
  @ForeignKey(() => TrainingRunEntity, { name: 'training_events_run_id_fkey', onDelete: 'CASCADE' })
  runId: string;

  /** 1, 2, 3... within the run. */
  @Column({ type: 'integer' })
  sequence: number;

  @Column({ type: 'text' })
  type: string;

  /** Percent. */
  @Column({ type: 'smallint' })
  progress: number;

  @Column({ type: 'text' })
  step: string;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ type: 'jsonb', nullable: true })
  data: object | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
