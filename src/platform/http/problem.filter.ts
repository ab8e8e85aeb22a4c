import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError, ERROR_KINDS, type ErrorCode, type FieldProblem } from '../../shared/errors.js';
import type { AppLogger } from '../logging/app-logger.js';

/** RFC 9457 problem details, with a stable `code` and every field error at once. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: string;
  readonly request_id: string;
  readonly hint?: string;
  readonly errors?: readonly FieldProblem[];
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint?: string;
  readonly problems: readonly FieldProblem[];
}

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  429: 'too_many_requests',
  503: 'unavailable',
};

/** The one place where an error becomes an HTTP answer. Nothing internal (stack, path, SQL) leaves it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: AppLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const requestId = response.getHeader('x-request-id')?.toString() ?? randomUUID();
    const answer = describe(error);
    if (answer.status >= 500) this.logger.error(`${request.method} ${request.path} failed`, error, requestId);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const problem: Problem = {
      type: `urn:mcp-training:problem:${answer.code}`,
      title: answer.title,
      status: answer.status,
      detail: answer.detail,
      instance: request.path.slice(0, 200),
      code: answer.code,
      request_id: requestId,
      ...(answer.hint === undefined ? {} : { hint: answer.hint }),
      ...(answer.problems.length === 0 ? {} : { errors: answer.problems }),
    };
    // A fixed challenge unless the guard has said which scope is missing.
    if (answer.status === 401) response.setHeader('www-authenticate', 'Bearer realm="mcp-training"');
    if (answer.status === 503) response.setHeader('retry-after', '5');
    response.status(answer.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}

function describe(error: unknown): Answer {
  if (error instanceof AppError) return describeAppError(error);
  if (error instanceof HttpException) return describeHttpException(error);
  if (isBodyParserError(error)) {
    const { status } = error;
    const detail = status === 413 ? 'The request body is too large.' : 'The request body cannot be read.';
    return { status, code: CODE_OF_STATUS[status] ?? 'bad_request', title: detail, detail, problems: [] };
  }
  return unexpected();
}

function unexpected(): Answer {
  const { httpStatus, title } = ERROR_KINDS.internal;
  const detail = 'Something went wrong inside the service; its log has the details under this request id.';
  return { status: httpStatus, code: 'internal', title, detail, problems: [] };
}

function describeAppError(error: AppError): Answer {
  if (error.code === 'internal') return unexpected();
  const { httpStatus, title } = ERROR_KINDS[error.code satisfies ErrorCode];
  const { code, message, hint, problems } = error;
  if (httpStatus >= 500) {
    // Such messages name paths and servers of this machine: they are for its log.
    const detail = `${title}; the log of the service has the details under this request id.`;
    return { status: httpStatus, code, title, detail, hint, problems: [] };
  }
  return { status: httpStatus, code, title, detail: message, hint, problems };
}

function describeHttpException(error: HttpException): Answer {
  const status = error.getStatus();
  const code = CODE_OF_STATUS[status] ?? (status >= 500 ? 'internal' : 'bad_request');
  const title = STATUS_CODES[status] ?? 'Error';
  return { status, code, title, detail: httpDetail(status, error.message), problems: [] };
}

/** Nest puts route patterns and the JSON parser's own words into some messages; here are ours. */
function httpDetail(status: number, message: string): string {
  if (status === 404) return 'There is nothing at this address.';
  if (status === 413) return 'The request body is too large.';
  return / in JSON |JSON input|not valid JSON/.test(message)
    ? 'The request body is not valid JSON.'
    : message;
}

function isBodyParserError(error: unknown): error is Error & { status: number } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
