import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';

/** One request that the service answers so; recorded and executed by test/integration/http/examples.spec.ts. */
export interface OperationExample {
  /** By name; path, query and header alike. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** JSON, or the text of an octet stream. Fields of a form, without its file. */
  readonly body?: unknown;
  readonly status: number;
  /** null = the answer has no body, or one that is no text. */
  readonly answer: unknown;
}

export type ApiExamples = Readonly<Record<string, OperationExample>>;

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

export const EXAMPLES_FILE = join('config', 'openapi-examples.json');

export function readExamples(packageRoot: string): ApiExamples {
  return JSON.parse(readFileSync(join(packageRoot, EXAMPLES_FILE), 'utf8')) as ApiExamples;
}

/** Writes the example of an operation into its parameters, body and answer. */
export function addExample(operation: Operation, example: OperationExample | undefined): void {
  if (example === undefined) return;
  const { parameters = {}, body, status, answer } = example;
  for (const parameter of operation.parameters ?? []) {
    if ('name' in parameter && parameter.name in parameters) parameter.example = parameters[parameter.name];
  }
  const request = operation.requestBody;
  if (body !== undefined && request !== undefined && 'content' in request) {
    const { content } = request;
    const type = ['application/json', 'application/octet-stream'].find((one) => one in content);
    if (type !== undefined) content[type].example = body;
  }
  const described = operation.responses[String(status)];
  if (answer === null || described === undefined || !('content' in described)) return;
  for (const media of Object.values(described.content ?? {})) media.example = answer;
}
