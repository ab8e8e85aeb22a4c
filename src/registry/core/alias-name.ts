import { AppError } from '../../shared/errors.js';

/** The alias of the deployed version: it moves by deploying, never by itself. */
export const CHAMPION = 'champion';
/** The alias of the version that is tried beside the champion. Like free ones, but a rejected version cannot have it. */
export const CHALLENGER = 'challenger';

export const ALIAS_PATTERN = /^[a-z][a-z0-9_-]{0,62}$/;

/** Words that mean something else where a version or an alias may stand. */
const RESERVED = ['latest', 'deployed', 'stats', 'aliases', 'rollback', 'import', 'retention'];

/** @throws AppError `validation_failed` */
export function assertAliasName(alias: string): void {
  if (ALIAS_PATTERN.test(alias) && !RESERVED.includes(alias)) return;
  throw new AppError('validation_failed', `${JSON.stringify(alias.slice(0, 80))} cannot be an alias.`, {
    hint: `Use lower-case letters, digits, "-" and "_", a letter first, at most 63; not ${RESERVED.join(', ')}.`,
  });
}
