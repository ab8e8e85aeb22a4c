import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ScheduleEntity } from './schedule.entity.js';

const PRIMARY_KEY = 'schedule_ticks_pkey';

/** One tick of a schedule and what became of it. The primary key is what makes it run once. */
@Entity('schedule_ticks')
@Check('schedule_ticks_trigger_check', `trigger IN ('cron', 'manual')`)
@Check('schedule_ticks_status_check', `status IN ('claimed', 'started', 'skipped', 'failed')`)
@Index('schedule_ticks_claimed_idx', ['leaseExpiresAt'], { where: `status = 'claimed'` })
export class ScheduleTickEntity {
  @PrimaryColumn({ name: 'schedule_id', type: 'uuid', primaryKeyConstraintName: PRIMARY_KEY })
  @ForeignKey(() => ScheduleEntity, { name: 'schedule_ticks_schedule_fkey', onDelete: 'CASCADE' })
  scheduleId: string;

  @PrimaryColumn({ name: 'tick_utc', type: 'timestamptz', primaryKeyConstraintName: PRIMARY_KEY })
  tickUtc: Date;

  @Column({ type: 'text' })
  trigger: string;

  @Column({ type: 'text' })
  status: string;

  /** Stable word for why it was skipped or failed. */
  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text', nullable: true })
  message: string | null;

  @Column({ name: 'training_id', type: 'uuid', nullable: true })
  trainingId: string | null;

  /** What it would train on: files with hashes, and the newest line in them. */
  @Column({ type: 'jsonb', nullable: true })
  input: object | null;

  /** Ticks before this one that nobody was there for. */
  @Column({ name: 'missed_ticks', type: 'integer', default: 0 })
  missedTicks: number;

  @Column({ name: 'worker_id', type: 'text' })
  workerId: string;

  /** Until then the worker is believed to be at it; judged by the clock of the database. */
  @Column({ name: 'lease_expires_at', type: 'timestamptz', nullable: true })
  leaseExpiresAt: Date | null;

  @Column({ name: 'claimed_at', type: 'timestamptz', default: () => 'now()' })
  claimedAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
