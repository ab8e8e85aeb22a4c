import { AppLogger } from '../../src/platform/logging/app-logger.js';

/** A logger that says nothing. */
export function silentLogger(): AppLogger {
  return new AppLogger({ level: 'silent', format: 'text', destination: { write: () => undefined } });
}

/** A logger whose lines a test can read. */
export function recordingLogger(): { readonly logger: AppLogger; readonly lines: string[] } {
  const lines: string[] = [];
  const destination = {
    write: (line: string) => {
      lines.push(line);
    },
  };
  return { logger: new AppLogger({ level: 'debug', format: 'text', destination }), lines };
}
