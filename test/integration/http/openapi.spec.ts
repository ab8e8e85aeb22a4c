import type { AddressInfo } from 'node:net';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

interface Media {
  readonly schema?: Record<string, unknown>;
}
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly deprecated?: boolean;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { name: string; in: string }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<
    string,
    { readonly description?: string; readonly content?: Record<string, Media> }
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

const CHANGING = ['post', 'put', 'patch', 'delete'];
/** A POST because its question is a body: it changes nothing. */
const QUESTIONS = ['predict', 'evaluateModel', 'infer', 'inferVersion'];
/** An answer with a secret is not kept. */
const WITHOUT_IDEMPOTENCY_KEY = [...QUESTIONS, 'createApiKey'];

describe('the OpenAPI document', () => {
  const directory = temporaryDirectory('openapi');
  let application: TestApplication;
  let document: Document;
  let operations: { route: string; method: string; operation: Operation }[];

  beforeAll(async () => {
    application = await startApplication('openapi', directory);
    const port = await listen(application);
    const answer = await request(`http://127.0.0.1:${port}`).get('/api/openapi.json');
    document = answer.body as Document;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        route: `${method.toUpperCase()} ${path}`,
        method,
        operation,
      })),
    );
  });
  afterAll(() => application.close());

  it('is OpenAPI 3.1 and lints clean by a strict set of rules', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const config = await createConfig({
      extends: ['recommended-strict'],
      rules: {
        'operation-operationId': 'error',
        'operation-operationId-unique': 'error',
        'operation-operationId-url-safe': 'error',
        'operation-description': 'off',
        'operation-parameters-unique': 'error',
        'path-declaration-must-exist': 'error',
        'no-path-trailing-slash': 'error',
        'no-identical-paths': 'error',
        'no-ambiguous-paths': 'off',
        'path-params-defined': 'error',
        'response-contains-header': 'off',
        'no-invalid-schema-examples': 'error',
        'no-invalid-media-type-examples': 'error',
        'no-required-schema-properties-undefined': 'error',
        'no-schema-type-mismatch': 'error',
        'operation-4xx-problem-details-rfc7807': 'error',
        'security-defined': 'error',
        'tag-description': 'error',
        'operation-singular-tag': 'error',
        'no-server-example.com': 'error',
      },
    });
    const problems = await lintFromString({
      source: JSON.stringify(document),
      absoluteRef: 'openapi.json',
      config,
    });
    const texts = problems.map(
      ({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer ?? ''}: ${message}`,
    );
    expect(texts).toEqual([]);
  });

  it('describes every answer, and every error as a problem document', () => {
    for (const { route, operation } of operations) {
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        expect(description ?? '', `${route} ${status}`).not.toBe('');
        if (Number(status) >= 400)
          expect(Object.keys(content ?? {}), `${route} ${status}`).toEqual(['application/problem+json']);
      }
    }
  });

  it('leaves no body untyped', () => {
    const isTyped = ({ schema = {} }: Media): boolean => {
      if (schema['type'] === 'object')
        return Object.keys((schema['properties'] as object | undefined) ?? {}).length > 0;
      return ['$ref', 'type', 'oneOf', 'anyOf', 'allOf', 'enum'].some((word) => word in schema);
    };
    const untyped = operations.flatMap(({ route, operation }) => [
      ...Object.entries(operation.requestBody?.content ?? {})
        .filter(([, media]) => !isTyped(media))
        .map(([type]) => `${route} body ${type}`),
      ...Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
        Object.entries(content)
          .filter(([, media]) => !isTyped(media))
          .map(([type]) => `${route} ${status} ${type}`),
      ),
    ]);
    expect(untyped).toEqual([]);
  });

  const hasParameter = ({ parameters = [] }: Operation, place: string, name: string): boolean =>
    parameters.some((one) => one.in === place && one.name === name);
  const namesOf = (found: readonly { operation: Operation }[]): string[] =>
    found.map(({ operation }) => operation.operationId ?? '').sort();

  it('has a dry run for everything that changes something, and for nothing else', () => {
    const present = operations.filter(({ operation }) => operation.deprecated !== true);
    const changing = present.filter(({ method }) => CHANGING.includes(method));
    expect(changing.length).toBeGreaterThan(20);
    const without = changing.filter(({ operation }) => !hasParameter(operation, 'query', 'dry_run'));
    expect(namesOf(without)).toEqual([...QUESTIONS].sort());
    const reading = present.filter(({ method }) => !CHANGING.includes(method));
    expect(namesOf(reading.filter(({ operation }) => hasParameter(operation, 'query', 'dry_run')))).toEqual(
      [],
    );
  });

  it('takes an Idempotency-Key with every POST that changes something', () => {
    const without = operations
      .filter(({ method, operation }) => method === 'post' && operation.deprecated !== true)
      .filter(({ operation }) => !hasParameter(operation, 'header', 'Idempotency-Key'));
    expect(namesOf(without)).toEqual([...WITHOUT_IDEMPOTENCY_KEY].sort());
  });

  it('has no route that takes a query parameter it does not have', async () => {
    const port = application.app.getHttpServer().address() as AddressInfo;
    for (const { route, method } of operations) {
      const path = route.split(' ')[1].replace(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
      const call = request(`http://127.0.0.1:${port.port}`)[method as 'get'](`${path}?surprise=1&limitt=2`);
      const answer = await call.set('if-match', '*');
      if (method === 'head') expect(answer.status, route).toBe(400);
      else expect(pointers(expectProblem(answer, 400, 'usage')), route).toEqual(['/surprise', '/limitt']);
    }
  });
});
