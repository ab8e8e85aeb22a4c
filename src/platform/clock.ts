import { performance } from 'node:perf_hooks';

/** Injected wherever time is needed, so that tests can hold it still. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  nowMs(): number;
  /** For durations: never jumps. */
  monotonicMs(): number;
}

export const CLOCK = Symbol('CLOCK');

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
