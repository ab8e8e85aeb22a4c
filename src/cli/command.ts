import type { OutputOptions } from './output.js';

/** Options every verb has. */
export interface GlobalOptions {
  readonly config?: string;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Options of the verbs that read exports. */
export interface SelectionOptions {
  readonly startDate?: string;
  readonly endDate?: string;
  readonly programs?: string;
  readonly configOverrides?: string;
  readonly featureSet?: string;
}

/** Options of the verbs that read feature tables too. */
export interface InputOptions {
  readonly input: 'logs' | 'features';
  readonly labelColumn?: string;
}

/** What a verb leaves for the entry point: an exit code other than 0 without an error (a rejected model). */
export interface CommandState {
  exitCode: number;
  /** How the verb was asked to print; set before it runs. */
  output: OutputOptions;
}
