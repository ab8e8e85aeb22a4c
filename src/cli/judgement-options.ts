import type { JudgementInput } from '../pipeline/model-input.service.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import { labelsInput } from './table-input.js';

/** Options of the verbs that judge a registered version on an export. */
export interface JudgementOptions extends GlobalOptions, SelectionOptions {
  readonly labels?: string;
  readonly labelColumn?: string;
}

export function judgementInput(
  options: JudgementOptions,
  { values }: ResolvedConfig,
  selection: JudgementInput['selection'],
): JudgementInput {
  return {
    selection,
    maxWindows: values.features.window.max_windows,
    labels: options.labels === undefined ? null : labelsInput(options.labels),
    labelColumn: options.labelColumn ?? null,
    labelField: values.evaluation.label_field,
  };
}
