import { nonEmptyWindowCount } from '../../features/core/dataset.js';
import type { FeatureSetDefinition } from '../../features/core/feature-set.js';
import type { WindowTable } from '../../features/core/window-table.js';
import { AppError } from '../../shared/errors.js';

/** One day of five-minute windows. */
const MIN_WINDOWS = 288;

/**
 * The validation of an export counts the lines of every program. A set that reads only some programs needs as many
 * windows that hold lines of THOSE.
 *
 * @throws AppError `not_enough_data` naming how many there are and how many are missing
 */
export function assertEnoughWindows(
  table: WindowTable,
  { name, programs }: Pick<FeatureSetDefinition, 'name' | 'programs'>,
): void {
  if (programs === null) return;
  const found = nonEmptyWindowCount(table);
  if (found >= MIN_WINDOWS) return;
  const missing = MIN_WINDOWS - found;
  throw new AppError(
    'not_enough_data',
    `Not enough data to train the feature set "${name}": ${found} of ${table.logCount.length} windows hold lines that ` +
      `it reads (programs ${programs.join(', ')}), at least ${MIN_WINDOWS} are needed; ${missing} ` +
      `${missing === 1 ? 'is' : 'are'} missing.`,
    {
      hint: 'Export a longer time range, or the lines of these programs too.',
      details: { required: MIN_WINDOWS, found, missing, unit: 'windows', programs },
    },
  );
}
