import { resolve } from 'node:path';
import type { TableInput } from '../pipeline/training-request.js';
import type { InputName } from '../workers/open-input.js';
import { AppError } from '../shared/errors.js';
import type { InputOptions, SelectionOptions } from './command.js';

/**
 * What --input and --label-column say; undefined = log exports.
 *
 * @throws AppError usage: options that mean nothing for that input
 */
export function tableInput(options: InputOptions & SelectionOptions): TableInput | undefined {
  if (options.input === 'logs') {
    if (options.labelColumn === undefined) return undefined;
    throw new AppError('usage', '--label-column needs --input features.', {
      hint: 'Only a feature table has columns with labels.',
    });
  }
  const given = [
    options.programs === undefined ? null : '--programs',
    options.featureSet === undefined ? null : '--feature-set',
  ].find((name) => name !== null);
  if (given != null) {
    throw new AppError('usage', `${given} means nothing with --input features.`, {
      hint: 'It chooses from log lines; the features of a table are its columns.',
    });
  }
  return { labelColumn: options.labelColumn ?? null };
}

/** The file that --labels names. */
export function labelsInput(path: string): InputName {
  return { path: resolve(path), name: path };
}
