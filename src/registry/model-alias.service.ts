import { Injectable } from '@nestjs/common';
import { AppError } from '../shared/errors.js';
import { assertAliasName, CHAMPION } from './core/alias-name.js';
import { assertVersionName } from './core/version-name.js';
import { ModelAliasRepository, type AliasChange } from './model-alias.repository.js';
import type { ModelAlias } from './model-version.js';

export type { AliasChange } from './model-alias.repository.js';

/** Names for versions of a model. A version that has one is kept by retention. */
@Injectable()
export class ModelAliasService {
  constructor(private readonly aliases: ModelAliasRepository) {}

  list(modelName: string): Promise<ModelAlias[]> {
    return this.aliases.list(modelName);
  }

  find(modelName: string, alias: string): Promise<ModelAlias | null> {
    assertAliasName(alias);
    return this.aliases.find(modelName, alias);
  }

  async get(modelName: string, alias: string): Promise<ModelAlias> {
    const found = await this.find(modelName, alias);
    if (found !== null) return found;
    throw new AppError('not_found', `Model "${modelName}" has no alias "${alias}".`);
  }

  /**
   * The champion that a caller has seen, for a promotion that must not go on when another came first.
   * @param check looks at the alias as it is now, and throws when it is not what the caller has seen
   */
  async expectedChampion(
    modelName: string,
    check: (current: ModelAlias | null) => void,
  ): Promise<string | null> {
    const current = await this.aliases.find(modelName, CHAMPION);
    check(current);
    return current?.version ?? null;
  }

  async set(version: string, change: AliasChange): Promise<ModelAlias> {
    refuseChampion(change.alias, 'moves');
    assertAliasName(change.alias);
    assertVersionName(version);
    return this.aliases.set(version, change);
  }

  async remove(change: AliasChange): Promise<void> {
    refuseChampion(change.alias, 'is replaced');
    assertAliasName(change.alias);
    if (await this.aliases.remove(change)) return;
    throw new AppError('not_found', `Model "${change.modelName}" has no alias "${change.alias}".`);
  }
}

/** Readers follow the champion: it changes together with what they get. */
function refuseChampion(alias: string, verb: string): void {
  if (alias !== CHAMPION) return;
  throw new AppError('conflict', `The alias "${CHAMPION}" ${verb} by deploying another version only.`, {
    hint: 'Deploy a version, or roll back.',
  });
}
