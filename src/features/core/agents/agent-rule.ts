import type { FeatureDefinition } from '../feature-catalogue.js';

/** Takes what one message adds to the windows that hold it. */
export interface MessageTally {
  add(column: number, amount: number): void;
  /** Adds 1 to the column when none of its windows' earlier messages gave this text. */
  addDistinct(column: number, text: string): void;
}

/** How an agent of the existing consumer turns messages into numbers (features page, section 5.1). */
export interface AgentRule {
  /** Columns of sums that a window needs; the first ones are the features, in their order. */
  readonly sums: number;
  /** Must not depend on any other message: windows then do not depend on the order of the lines. */
  read(message: string, tally: MessageTally): void;
  /** Turns the sums of one window into its features, in place; absent where the sums are the features. */
  finish?(sums: Float64Array): void;
}

export interface AgentDefinition {
  readonly name: string;
  readonly features: readonly FeatureDefinition[];
  /** Lower case. The agent reads lines of programs whose name contains one of these. */
  readonly programs: readonly string[];
  readonly wifiRequired: boolean;
  readonly rule: AgentRule;
}
