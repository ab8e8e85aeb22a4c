import type { Transaction } from '../platform/database/transaction.js';
import type { RunStep } from '../training/core/run-status.js';
import type { TrainingOutcome } from './training-outcome.js';

/** What the flow tells the outside while it works, and how the outside stops it. */
export interface RunContext {
  readonly trainingId: string;
  readonly signal: AbortSignal;
  /** A step begins. */
  step(step: RunStep): Promise<void>;
  /** Within a step: 0..1 of it is done. */
  fraction(step: RunStep, fraction: number): void;
  /**
   * Part of the transaction that registers the version: notes what the run has made, or throws when it may make
   * nothing any more.
   */
  registered?(transaction: Transaction, outcome: TrainingOutcome): Promise<void>;
}
