import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { bigintColumn } from '../../platform/database/bigint-column.js';

/** A training that repeats. */
@Entity('schedules')
@Unique('schedules_name_key', ['name'])
@Check('schedules_condition_check', `condition IN ('always', 'new_data')`)
@Check('schedules_catch_up_check', `catch_up IN ('skip', 'run_once')`)
@Index('schedules_next_tick_at_idx', ['nextTickAt'], { where: 'NOT paused' })
export class ScheduleEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'schedules_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  cron: string;

  @Column({ type: 'text' })
  timezone: string;

  @Column({ type: 'jsonb' })
  source: object;

  @Column({ name: 'model_name', type: 'text' })
  modelName: string;

  @Column({ name: 'config_overrides', type: 'jsonb', nullable: true })
  configOverrides: object | null;

  @Column({ type: 'boolean' })
  deploy: boolean;

  @Column({ type: 'text' })
  condition: string;

  @Column({ name: 'min_new_records', type: 'bigint', nullable: true, transformer: bigintColumn })
  minNewRecords: number | null;

  @Column({ name: 'min_new_windows', type: 'bigint', nullable: true, transformer: bigintColumn })
  minNewWindows: number | null;

  @Column({ name: 'catch_up', type: 'text' })
  catchUp: string;

  @Column({ type: 'boolean', default: false })
  paused: boolean;

  /** The first tick that nobody has claimed; null while paused. */
  @Column({ name: 'next_tick_at', type: 'timestamptz', nullable: true })
  nextTickAt: Date | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
