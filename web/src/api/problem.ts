/** RFC 9457, as the service answers every error. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly hint?: string;
  readonly errors?: readonly FieldProblem[];
}

export interface FieldProblem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** What an answer that is no success says; a proxy in between may have answered with something else. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text().catch(() => '');
  return problemFrom(response.status, response.statusText, text);
}

export function problemFrom(status: number, title: string, text: string): ProblemError {
  try {
    const parsed = JSON.parse(text) as Partial<Problem>;
    if (typeof parsed.code === 'string' && typeof parsed.detail === 'string') {
      return new ProblemError({ title, request_id: '', ...parsed, status } as Problem);
    }
  } catch {
    // not JSON: described by its status
  }
  const detail = `The service answered with status ${status}${title === '' ? '' : ` (${title})`}.`;
  return new ProblemError({ status, title, detail, code: `http_${status}`, request_id: '' });
}

/** Nobody answered. */
export function unreachable(): ProblemError {
  return new ProblemError({
    status: 0,
    title: 'No answer',
    detail: 'The service does not answer.',
    code: 'unreachable',
    request_id: '',
    hint: 'Check that "npm start" (or mcp-training serve) still runs and that the network is up, then try again.',
  });
}

export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 0, title: 'Unexpected failure', detail, code: 'unexpected', request_id: '' };
}
