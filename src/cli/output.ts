import { ERROR_KINDS, type AppError } from '../shared/errors.js';

/** Where the commands write. stdout carries the result (or one JSON document), everything else goes to stderr. */
export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** From the options as the command line gives them. */
export function outputOptions(options: {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}): OutputOptions {
  return { json: options.json === true, quiet: options.quiet === true, verbose: options.verbose === true };
}

/** Control characters in log text could drive the terminal; they are shown as their escaped form. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export class Output {
  private lastProgress = '';

  constructor(readonly options: OutputOptions) {}

  /** The command's result: the JSON document with --json, else the human text. */
  result(document: unknown, human: () => string): void {
    this.clearProgress();
    // In JSON the escaped form of a character is the character: the document says the same.
    const text = this.options.json ? JSON.stringify(document, null, 2) : human();
    process.stdout.write(`${printable(text)}\n`);
  }

  /** A remark for people. */
  note(message: string): void {
    if (this.options.quiet) return;
    this.clearProgress();
    process.stderr.write(`${printable(message)}\n`);
  }

  warn(message: string): void {
    this.clearProgress();
    process.stderr.write(`warning: ${printable(message)}\n`);
  }

  /** A bar on a terminal, one plain line a step elsewhere. */
  progress(percent: number, step: string): void {
    if (this.options.quiet) return;
    const label = `${String(Math.round(percent)).padStart(3)} %  ${step}`;
    if (process.stderr.isTTY) {
      const filled = Math.round(percent / 4);
      process.stderr.write(`\r\x1b[K[${'#'.repeat(filled)}${'.'.repeat(25 - filled)}] ${label}`);
      this.lastProgress = label;
    } else if (step !== this.lastProgress) {
      this.lastProgress = step;
      process.stderr.write(`${label}\n`);
    }
  }

  error(error: AppError): void {
    this.clearProgress();
    const lines = [`error: ${error.message}`];
    if (error.hint !== undefined) lines.push(`  ${error.hint}`);
    process.stderr.write(`${printable(lines.join('\n'))}\n`);
    if (error.code === 'internal' && error.stack !== undefined && this.options.verbose) {
      process.stderr.write(`${printable(error.stack)}\n`);
    }
    if (this.options.json)
      process.stdout.write(`${printable(JSON.stringify(errorDocument(error), null, 2))}\n`);
  }

  private clearProgress(): void {
    if (!process.stderr.isTTY || this.lastProgress === '') return;
    process.stderr.write('\r\x1b[K');
    this.lastProgress = '';
  }
}

/** With --json a failure is one JSON document too. */
export function errorDocument(error: AppError): Record<string, unknown> {
  return {
    error: {
      code: error.code,
      title: ERROR_KINDS[error.code].title,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.problems.length === 0 ? {} : { errors: error.problems }),
      ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
    },
  };
}

/** Left-aligned text columns, two spaces apart; numbers are right-aligned. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const cells = [header.map(String), ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const numeric = header.map((_, column) => rows.every((row) => typeof row[column] === 'number'));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
