import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ModelVersionEntity } from './model-version.entity.js';

const PRIMARY_KEY = 'model_aliases_pkey';

/** A name for a version of one model: `champion`, `challenger`, or a free one. */
@Entity('model_aliases')
@Index('model_aliases_version_idx', ['version'])
export class ModelAliasEntity {
  @PrimaryColumn({ name: 'model_name', type: 'text', primaryKeyConstraintName: PRIMARY_KEY })
  modelName: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: PRIMARY_KEY })
  alias: string;

  @Column({ type: 'text' })
  @ForeignKey(() => ModelVersionEntity, { name: 'model_aliases_version_fkey', onDelete: 'RESTRICT' })
  version: string;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
