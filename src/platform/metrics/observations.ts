import { Injectable } from '@nestjs/common';

/** Something that happened in this process and that is worth counting. */
export type Observation =
  | { readonly kind: 'run_step'; readonly step: string; readonly seconds: number }
  | { readonly kind: 'run_ended'; readonly outcome: string; readonly seconds: number }
  | {
      readonly kind: 'scored';
      readonly rows: number;
      readonly anomalies: number;
      readonly seconds: number;
    }
  | { readonly kind: 'tracked'; readonly outcome: 'logged' | 'failed' }
  | { readonly kind: 'export_stored'; readonly source: string; readonly bytes: number }
  | {
      readonly kind: 'export_read';
      readonly bytes: number;
      readonly valid: number;
      readonly invalid: number;
    };

export type ObservationListener = (observation: Observation) => void;

/**
 * What the stages say about their work. A command has no listener and pays nothing; a process with `/metrics` counts.
 */
@Injectable()
export class Observations {
  private readonly listeners = new Set<ObservationListener>();

  /** @returns ends the listening */
  listen(listener: ObservationListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  note(observation: Observation): void {
    for (const listener of this.listeners) listener(observation);
  }
}
