/**
 * One error type for everything a user can provoke. The `code` is stable (scripts and tests rely on it); the entry
 * points turn it into a process exit code (product contract, section 4) or an HTTP status (RFC 9457 problem).
 */
interface ErrorKind {
  readonly exitCode: number;
  readonly httpStatus: number;
  readonly title: string;
}

const kind = (exitCode: number, httpStatus: number, title: string): ErrorKind => ({
  exitCode,
  httpStatus,
  title,
});

export const ERROR_KINDS = {
  internal: kind(1, 500, 'Unexpected failure'),
  unavailable: kind(1, 503, 'Service unavailable'),
  disk_full: kind(1, 507, 'Not enough disk space'),
  time_limit: kind(1, 422, 'Over its time limit'),
  memory_limit: kind(1, 422, 'Over its memory limit'),
  usage: kind(2, 400, 'Wrong usage'),
  unauthorized: kind(1, 401, 'API key needed'),
  forbidden: kind(1, 403, 'Not allowed'),
  config_invalid: kind(2, 422, 'Invalid configuration'),
  validation_failed: kind(2, 422, 'Request is not acceptable'),
  conflict: kind(1, 409, 'Conflict with the current state'),
  precondition_failed: kind(1, 412, 'It has changed meanwhile'),
  precondition_required: kind(2, 428, 'The If-Match header is needed'),
  payload_too_large: kind(2, 413, 'Payload too large'),
  export_not_allowed: kind(2, 422, 'Export file is not allowed'),
  export_invalid: kind(3, 422, 'Export is not valid'),
  not_enough_data: kind(3, 422, 'Not enough data to train'),
  gate_rejected: kind(4, 409, 'Model did not pass its gate'),
  not_found: kind(5, 404, 'Not found'),
  file_not_found: kind(5, 404, 'File not found'),
  artifact_integrity: kind(6, 409, 'Integrity check failed'),
  cancelled: kind(130, 409, 'Interrupted'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

export interface FieldProblem {
  /** Where the problem is: a JSON pointer, a configuration key, or a file position. */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** What the user can do about it, as one sentence. */
  readonly hint?: string;
  readonly problems?: readonly FieldProblem[];
  readonly details?: Readonly<Record<string, unknown>>;
}

export class AppError extends Error {
  readonly hint: string | undefined;
  readonly problems: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.hint = options.hint;
    this.problems = options.problems ?? [];
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return ERROR_KINDS[this.code].exitCode;
  }

  get httpStatus(): number {
    return ERROR_KINDS[this.code].httpStatus;
  }
}

/** Plain data of an AppError, to carry it across a thread boundary (structured clone drops classes). */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack?: string;
  readonly hint?: string;
  readonly problems: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;
}

export function serializeError(error: unknown): SerializedError {
  if (error instanceof AppError) {
    const { code, message, hint, problems, details } = error;
    return { code, message, hint, problems, details };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: 'internal', message, stack, problems: [], details: {} };
}

export function deserializeError(data: SerializedError): AppError {
  const error = new AppError(data.code, data.message, data);
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
