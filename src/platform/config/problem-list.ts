import { AppError, type FieldProblem } from '../../shared/errors.js';

const MAX_SHOWN = 60;

/** A value for a message: JSON, cut short. */
export function showValue(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  let shown: string | undefined;
  try {
    shown = JSON.stringify(value);
  } catch {
    shown = undefined;
  }
  shown ??= typeof value;
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN - 3)}...` : shown;
}

/** A dotted key for a message; a hostile key may be a megabyte long or hold control characters. */
export function showKey(path: string): string {
  const clean = path.replace(/[\p{Cc}\p{Cf}]/gu, '?');
  return clean.length > 120 ? `${clean.slice(0, 117)}...` : clean;
}

/** Problems beyond this are counted, not listed. */
const MAX_PROBLEMS = 100;

/** Collects everything that is wrong, so that a person corrects a configuration once and not key by key. */
export class ProblemList {
  private readonly problems: FieldProblem[] = [];
  private total = 0;

  /** `source` = file, variable or option in which `path` stands; `message` continues the sentence "<key> ...". */
  add(source: string, path: string, code: string, message: string): void {
    this.total++;
    if (this.isFull) return;
    const pointer = showKey(path);
    const text = pointer === '' ? `${source}: ${message}` : `${source}: ${pointer} ${message}`;
    this.problems.push({ pointer, code, message: text });
  }

  /** More problems are counted only: it is not worth composing their messages. */
  get isFull(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  get isEmpty(): boolean {
    return this.total === 0;
  }

  /** Throws `config_invalid` with all problems, one a line. */
  throwIfAny(): void {
    if (this.isEmpty) return;
    const lines = this.problems.map((problem) => `  ${problem.message}`);
    if (this.total > this.problems.length) lines.push(`  ... and ${this.total - this.problems.length} more`);
    const count = this.total === 1 ? '1 problem' : `${this.total} problems`;
    throw new AppError('config_invalid', `The configuration has ${count}:\n${lines.join('\n')}`, {
      hint: 'Correct the keys named above; docs/configuration.md lists every key with its allowed values.',
      problems: this.problems,
    });
  }
}
