import { AppError } from '../shared/errors.js';

/**
 * A signal that is aborted by Ctrl-C or SIGTERM, so that the work can stop cleanly. A second Ctrl-C ends the process
 * at once.
 */
export function interruptSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new AppError('cancelled', 'Interrupted. Nothing half-written remains.'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
