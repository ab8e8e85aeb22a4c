import type { Request } from 'express';

/** A sender of whom nothing came for so long is gone, though nobody told this machine. */
const SILENCE_MS = 60_000;
/** How long a sender whose request is answered already may go on, so that it comes to reading the answer. */
const DRAIN_MS = 60_000;

/**
 * Ends the connection of a request whose body stops coming. A large body may take hours: what limits it is its rate, not
 * its duration. Call `end` when the body is read or refused.
 */
export function endWhenSilent(request: Request): { end(): void } {
  const onTimeout = (): void => {
    request.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`));
  };
  request.setTimeout(SILENCE_MS, onTimeout);
  return {
    end: () => {
      request.removeListener('timeout', onTimeout);
      request.setTimeout(0);
      if (!request.complete) drain(request);
    },
  };
}

function drain(request: Request): void {
  request.resume();
  const timer = setTimeout(() => {
    request.destroy();
  }, DRAIN_MS).unref();
  request.once('close', () => {
    clearTimeout(timer);
  });
}
