import type { RunStep } from '../training/core/run-status.js';

/** What the flow tells the outside while it works, and how the outside stops it. */
export interface RunContext {
  readonly trainingId: string;
  readonly signal: AbortSignal;
  /** A step begins. */
  step(step: RunStep): Promise<void>;
  /** Within a step: 0..1 of it is done. */
  fraction(step: RunStep, fraction: number): void;
}
