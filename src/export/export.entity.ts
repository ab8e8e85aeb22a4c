import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintColumn } from '../platform/database/bigint-column.js';

/** One export file the service keeps. */
@Entity('exports')
@Check('exports_status_check', `status IN ('available', 'invalid', 'deleted')`)
@Check('exports_source_check', `source IN ('upload', 'registered', 'cli', 'database')`)
@Index('exports_created_at_idx', ['createdAt', 'id'])
export class ExportEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'exports_pkey' })
  id: string;

  /** Name the user gave the file; never used as a path. */
  @Column({ name: 'file_name', type: 'text' })
  fileName: string;

  /** Relative to the exports directory. */
  @Column({ name: 'stored_key', type: 'text' })
  storedKey: string;

  @Column({ name: 'size_bytes', type: 'bigint', transformer: bigintColumn })
  sizeBytes: number;

  @Column({ type: 'text' })
  sha256: string;

  @Column({ type: 'text' })
  format: string;

  @Column({ type: 'text', default: 'available' })
  status: string;

  @Column({ type: 'text' })
  source: string;

  /** The last validation report; null before the first. */
  @Column({ type: 'jsonb', nullable: true })
  report: object | null;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
