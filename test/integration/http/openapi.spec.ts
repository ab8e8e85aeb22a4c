import { createConfig, lintFromString } from '@redocly/openapi-core';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
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
/** They change nothing; or trying them out would be all of their work, and what they make can be deleted. */
const WITHOUT_DRY_RUN = [
  ...['predict', 'evaluateModel', 'infer', 'inferVersion'],
  ...['continueUpload', 'pullExport', 'setThreshold', 'importModel'],
  // Takes a deletion back; deleting again takes that back.
  'undeleteModel',
];

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

  it('has a dry run for everything that changes something', () => {
    const without = operations
      .filter(({ method, operation }) => CHANGING.includes(method) && operation.deprecated !== true)
      .filter(({ operation }) => !(operation.parameters ?? []).some(({ name }) => name === 'dry_run'))
      .map(({ operation }) => operation.operationId ?? '');
    expect(without.filter((id) => !WITHOUT_DRY_RUN.includes(id))).toEqual([]);
  });
});
