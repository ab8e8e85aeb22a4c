import { STATUS_CODES } from 'node:http';
import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { ProblemDto } from './api-problems.js';
import { addExample, type ApiExamples } from './openapi-examples.js';
import { DEPRECATED_SINCE, LEGACY_ROUTES, SUNSET } from './legacy-routes.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Response = Operation['responses'][string];

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head'] as const;

const TAGS: Readonly<Record<string, string>> = {
  exports: 'Log exports: upload, check, look at, delete',
  training: 'Trainings: start, follow, cancel',
  models: 'Model versions: compare, deploy, score, import and download',
  inference: 'Open Inference Protocol, version 2',
  audit: 'Who changed what, when and why',
  settings: 'The effective configuration',
  'api keys': 'Keys to this API',
  health: 'Probes',
  metrics: 'Metrics as Prometheus text',
};

/** What may answer any request, before a route is asked. */
const EVERYWHERE: Readonly<Record<string, string>> = {
  400: 'The request cannot be read',
  404: 'There is nothing at this address',
  405: 'The method is not one of the API',
  414: 'The address is too long',
  421: 'The Host header names another service',
  500: 'Unexpected failure; the log has the details',
  503: 'Something it needs is away; Retry-After says when to ask again',
};
const WITH_BODY: Readonly<Record<string, string>> = {
  408: 'The body did not come in time',
  413: 'The body is too large',
  415: 'The media type is not accepted',
  422: 'The request is not acceptable; errors names every field',
};

/** What decorators cannot say: what all operations have in common, and the addresses of before. */
export function completeDocument(document: OpenAPIObject, examples: ApiExamples): void {
  document.info.license = { name: 'MIT', identifier: 'MIT' } as typeof document.info.license;
  document.servers = [{ url: '/', description: 'This service' }];
  for (const path of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = path[method];
      if (operation === undefined) continue;
      completeOperation(operation);
      separateBodies(operation);
      addExample(operation, examples[operation.operationId ?? '']);
    }
  }
  addLegacyRoutes(document);
  const used = new Set(
    Object.values(document.paths).flatMap((path) => METHODS.flatMap((method) => path[method]?.tags ?? [])),
  );
  document.tags = [...used].sort().map((name) => ({ name, description: TAGS[name] ?? name }));
}

function completeOperation(operation: Operation): void {
  const hasBody = operation.requestBody !== undefined;
  const hasQuery = (operation.parameters ?? []).some((one) => 'in' in one && one.in === 'query');
  const common = {
    ...EVERYWHERE,
    ...(hasBody ? WITH_BODY : {}),
    ...(hasQuery ? { 422: WITH_BODY[422] } : {}),
  };
  for (const [status, description] of Object.entries(common))
    operation.responses[status] ??= problem(description);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response !== undefined && 'description' in response && response.description === '')
      response.description = STATUS_CODES[status] ?? status;
  }
  operation.security ??= [];
}

/** A decorator gives all media types one schema; a form and a JSON body are either of two, in this order. */
function separateBodies({ requestBody }: Operation): void {
  if (requestBody === undefined || !('content' in requestBody)) return;
  const content: Partial<typeof requestBody.content> = requestBody.content;
  const { 'multipart/form-data': form, 'application/json': json } = content;
  const schema = form?.schema;
  if (form === undefined || json === undefined || schema === undefined || !('oneOf' in schema)) return;
  const [ofForm, ofJson] = schema.oneOf ?? [];
  form.schema = ofForm;
  json.schema = ofJson;
}

function problem(description: string): Response {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } },
  };
}

function addLegacyRoutes(document: OpenAPIObject): void {
  LEGACY_ROUTES.forEach(({ method, path, to }, index) => {
    const operation = document.paths[to.path][to.method];
    if (operation === undefined)
      throw new Error(`The legacy route ${path} leads to ${to.path}, which does not exist.`);
    const copy = structuredClone(operation);
    const fixed = to.query?.split('=')[0];
    (document.paths[path] ??= {})[method] = {
      ...copy,
      operationId: `${copy.operationId ?? 'legacy'}Legacy${index + 1}`,
      summary: `Deprecated: ${to.method.toUpperCase()} ${to.path}`,
      description: `An address of the service before this one; it answers until ${SUNSET} at least (headers Deprecation, Sunset, Link).`,
      deprecated: true,
      parameters: copy.parameters?.filter((one) => !('name' in one) || one.name !== fixed),
      'x-deprecated-since': DEPRECATED_SINCE,
    } as Operation;
  });
}
