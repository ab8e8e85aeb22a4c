import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AppError } from '../shared/errors.js';
import { CHALLENGER } from './core/alias-name.js';
import { assertDeployable } from './core/lifecycle.js';
import { ModelAliasEntity } from './model-alias.entity.js';
import type { Actor, ModelAlias } from './model-version.js';
import { audit, lockModel, lockVersion } from './registry-changes.repository.js';

export interface AliasChange {
  readonly modelName: string;
  readonly alias: string;
  /** Looks at the alias as it is when nobody else can change it, and throws when the change must not happen. */
  readonly check: (current: ModelAlias | null) => void;
  readonly actor: Actor;
}

/** Aliases other than `champion`, which only a promotion moves. */
@Injectable()
export class ModelAliasRepository {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list(modelName: string): Promise<ModelAlias[]> {
    const rows = await this.dataSource
      .getRepository(ModelAliasEntity)
      .find({ where: { modelName }, order: { alias: 'ASC' } });
    return rows.map(toAlias);
  }

  async find(modelName: string, alias: string): Promise<ModelAlias | null> {
    return findAlias(this.dataSource.manager, modelName, alias);
  }

  /** Points an alias to a version of its model. The same version again changes nothing and leaves no event. */
  async set(version: string, { modelName, alias, check, actor }: AliasChange): Promise<ModelAlias> {
    return this.dataSource.transaction(async (manager) => {
      await lockModel(manager, modelName);
      const current = await findAlias(manager, modelName, alias);
      check(current);
      const target = await lockVersion(manager, version);
      if (target.modelName !== modelName) {
        const message = `Version ${version} belongs to model "${target.modelName}", not to "${modelName}".`;
        throw new AppError('usage', message);
      }
      const { status } = target;
      if (status === 'corrupt' || (status === 'rejected' && alias === CHALLENGER)) {
        assertDeployable(version, status);
      }
      if (current?.version === version) return current;
      await manager.query(
        `INSERT INTO model_aliases (model_name, alias, version) VALUES ($1, $2, $3)
         ON CONFLICT (model_name, alias) DO UPDATE SET version = excluded.version, updated_at = now()`,
        [modelName, alias, version],
      );
      const from = current === null ? null : { version: current.version };
      const id = `${modelName}/${alias}`;
      await audit(manager, { actor, action: 'set_alias', entity: 'model_alias', id, from, to: { version } });
      return (await findAlias(manager, modelName, alias))!;
    });
  }

  /** false = there was none. */
  async remove({ modelName, alias, check, actor }: AliasChange): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      await lockModel(manager, modelName);
      const current = await findAlias(manager, modelName, alias);
      check(current);
      if (current === null) return false;
      await manager.delete(ModelAliasEntity, { modelName, alias });
      await audit(manager, {
        actor,
        action: 'delete_alias',
        entity: 'model_alias',
        id: `${modelName}/${alias}`,
        from: { version: current.version },
        to: null,
      });
      return true;
    });
  }
}

async function findAlias(
  manager: EntityManager,
  modelName: string,
  alias: string,
): Promise<ModelAlias | null> {
  const row = await manager.getRepository(ModelAliasEntity).findOneBy({ modelName, alias });
  return row === null ? null : toAlias(row);
}

function toAlias({ modelName, alias, version, updatedAt }: ModelAliasEntity): ModelAlias {
  return { modelName, alias, version, updatedAt: updatedAt.toISOString() };
}
