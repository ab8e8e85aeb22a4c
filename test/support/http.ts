import type { AddressInfo, Server } from 'node:net';
import type { Response } from 'supertest';
import { expect } from 'vitest';
import type { TestApplication } from './application.js';

/** Nothing of the inside may stand in an answer (security page, oracle O5). */
export const INSIDE = /(node_modules|at .*\.[jt]s:\d+|\/tmp\/|SELECT |INSERT |ECONN|QueryFailed)/;

interface ProblemBody {
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string; readonly code: string }[];
}

/** Every error is a problem document that tells nothing about the inside. */
export function expectProblem(response: Response, status: number, code: string): ProblemBody {
  expect(response.status, response.text).toBe(status);
  expect(response.headers['content-type']).toContain('application/problem+json');
  const body = JSON.parse(response.text) as ProblemBody;
  expect(body).toMatchObject({
    type: `urn:mcp-training:problem:${code}`,
    status,
    code,
    request_id: response.headers['x-request-id'],
  });
  expect(response.text).not.toMatch(INSIDE);
  return body;
}

export const pointers = ({ errors = [] }: ProblemBody): string[] => errors.map(({ pointer }) => pointer);

/** Listens on a free port of the loopback address and returns it. */
export async function listen({ app }: TestApplication): Promise<number> {
  await app.listen(0, '127.0.0.1');
  return ((app.getHttpServer() as Server).address() as AddressInfo).port;
}
