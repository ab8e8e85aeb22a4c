import type { Clock } from '../platform/clock.js';
import type { Observations } from '../platform/metrics/observations.js';
import type { RunStep } from '../training/core/run-status.js';

/** Says how long a run and its steps took. A step ends where the next begins. */
export class RunObserver {
  private readonly begunMs: number;
  private step: { readonly name: RunStep; readonly begunMs: number } | undefined;

  constructor(
    private readonly observations: Observations,
    private readonly clock: Clock,
  ) {
    this.begunMs = clock.monotonicMs();
  }

  begin(name: RunStep): void {
    this.endStep();
    this.step = { name, begunMs: this.clock.monotonicMs() };
  }

  end(outcome: string): void {
    this.endStep();
    this.observations.note({ kind: 'run_ended', outcome, seconds: this.since(this.begunMs) });
  }

  private endStep(): void {
    if (this.step === undefined) return;
    const { name, begunMs } = this.step;
    this.step = undefined;
    this.observations.note({ kind: 'run_step', step: name, seconds: this.since(begunMs) });
  }

  private since(begunMs: number): number {
    return (this.clock.monotonicMs() - begunMs) / 1000;
  }
}
