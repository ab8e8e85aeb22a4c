import { setTimeout as sleep } from 'node:timers/promises';
import { isConnectionLoss } from './connection-loss.js';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
const GIVE_UP_AFTER_MS = 120_000;

export interface RetryOptions {
  readonly signal?: AbortSignal;
  /** No new attempt is begun after so long. */
  readonly giveUpAfterMs?: number;
}

/**
 * Repeats work that failed because the database went away: it restarts, and the training goes on. Nobody knows whether
 * a statement whose answer was lost has been carried out, so the work must be one that may be done twice; it is told
 * which attempt this is.
 */
export async function retryOnLoss<T>(
  work: (attempt: number) => Promise<T>,
  { signal, giveUpAfterMs = GIVE_UP_AFTER_MS }: RetryOptions = {},
): Promise<T> {
  const begun = performance.now();
  for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt++, pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await work(attempt);
    } catch (error) {
      if (!isConnectionLoss(error) || performance.now() - begun > giveUpAfterMs) throw error;
      signal?.throwIfAborted();
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      signal?.throwIfAborted();
    }
  }
}
