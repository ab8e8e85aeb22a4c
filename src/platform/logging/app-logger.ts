import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';

export interface LoggingOptions {
  /** Lower-case pino level: trace, debug, info, warn, error, fatal, silent. */
  readonly level: string;
  readonly format: 'json' | 'text';
  /** `dropped`: lines it has given up, if it ever does. */
  readonly destination: DestinationStream & { readonly dropped?: number };
}

const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** Turns pino's JSON lines into `time LEVEL context message`, for people. */
export function textDestination(target: DestinationStream): DestinationStream {
  return {
    write(line: string): void {
      const { level, time, context, msg, err } = JSON.parse(line) as Record<string, unknown>;
      const error = err as { stack?: string; message?: string } | undefined;
      const tail = error === undefined ? '' : indented(error.stack ?? error.message ?? '');
      const where = typeof context === 'string' ? ` [${oneLine(context)}]` : '';
      const name = LEVEL_NAMES[Number(level)] ?? '';
      target.write(`${String(time)} ${name}${where} ${oneLine(String(msg))}${tail}\n`);
    },
  };
}

/** Nothing that was logged can begin a line of its own or drive a terminal. */
function oneLine(text: string): string {
  return text.replace(
    // these are the characters to show
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The lines of a stack trace, each recognisable as one. */
function indented(stack: string): string {
  return stack
    .split('\n')
    .map((line) => `\n    ${oneLine(line)}`)
    .join('');
}

/** Nest's LoggerService on pino: one JSON object a line, newlines escaped, so that no message can forge a line. */
export class AppLogger implements LoggerService {
  private readonly logger: Logger;

  constructor(private readonly options: LoggingOptions) {
    const target = options.format === 'text' ? textDestination(options.destination) : options.destination;
    this.logger = pino(
      { level: options.level, timestamp: pino.stdTimeFunctions.isoTime, base: undefined },
      target,
    );
  }

  /** A line with members of its own, such as the status of a request. */
  event(message: string, members: Readonly<Record<string, unknown>>, level: 'info' | 'debug' = 'info'): void {
    this.logger[level](members, message);
  }

  /** Lines that were not written because nobody reads them. */
  get droppedLines(): number {
    return this.options.destination.dropped ?? 0;
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.info(fields(rest), text(message));
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(fields(rest), text(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(fields(rest), text(message));
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.logger.trace(fields(rest), text(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(fields(rest), text(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    if (message instanceof Error) this.logger.error(fields([message, ...rest]), message.message);
    else this.logger.error(fields(rest), text(message));
  }
}

function text(message: unknown): string {
  return typeof message === 'string' ? message : JSON.stringify(message);
}

/** Nest passes (stack, context) or (context); we pass (error, request id). */
function fields(rest: readonly unknown[]): Record<string, unknown> {
  const error = rest.find((item) => item instanceof Error);
  const strings = rest.filter((item): item is string => typeof item === 'string');
  return {
    ...(strings.length > 0 ? { context: strings.at(-1) } : {}),
    ...(error === undefined ? {} : { err: error }),
  };
}
