import { hostname } from 'node:os';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunExecutorService } from '../../../src/pipeline/run-executor.service.js';
import { EXAMPLES_FILE, type OperationExample } from '../../../src/platform/http/openapi-examples.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import { IDS, REQUESTS } from '../../support/api-examples.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
import { insertRows, LOG_ENTRIES, onDatabase } from '../../support/log-entries.js';
import { OpenApiFuzz, type OpenApiDocument, type Operation } from '../../support/openapi-fuzz.js';
import { createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { recordedAnswer, shapeDifference } from '../../support/answer-shape.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const KEY = 'k7Qm2vXw9ZtB4nHs6RdL';
const RECORDS = process.env['UPDATE_DOCS'] === '1';
const ACTOR = { name: 'test', reason: null };

interface Shown {
  readonly example?: unknown;
}
interface Documented extends Omit<Operation, 'parameters' | 'requestBody'> {
  readonly deprecated?: boolean;
  readonly parameters?: readonly ({ readonly name: string; readonly in: string } & Shown)[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Shown & { readonly schema?: object }>> };
}

interface Found {
  readonly method: string;
  readonly path: string;
  readonly operation: Documented;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string;
  readonly text: string;
}

describe('the examples of the OpenAPI document', () => {
  const directory = temporaryDirectory('examples');
  let application: TestApplication;
  let logs: TestDatabase;
  let port = 0;
  let fuzz: OpenApiFuzz;
  let operations: Found[];
  let archive: Blob;
  /** Ids of the document -> ids of what the seed made. */
  const real = new Map<string, string>();

  const swap = (text: string, pairs: Iterable<readonly [string, string]>): string =>
    [...pairs].reduce((now, [from, to]) => now.replaceAll(from, to), text);
  const seeded = (text: string): string => swap(text, real);
  /** The key of an answer opens nothing any more, but no scanner knows that. */
  const documented = (text: string): string =>
    swap(
      swap(
        text,
        [...real].map(([from, to]) => [to, from] as const),
      ),
      [[hostname(), 'trainer-1']],
    );

  const send = async (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | FormData,
  ): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: method.toUpperCase(),
      headers: { ...headers, authorization: `Bearer ${KEY}` },
      body,
    });
    const type = response.headers.get('content-type') ?? '';
    const isText = /json|^text/.test(type);
    const text = isText ? await response.text() : '';
    if (!isText) await response.arrayBuffer();
    return { status: response.status, headers: response.headers, type, text };
  };
  const post = async <T>(path: string, body: object): Promise<T> => {
    const json = { 'content-type': 'application/json' };
    const { status, text } = await send('post', `/api/v1${path}`, json, JSON.stringify(body));
    expect(status, text).toBeLessThan(300);
    return JSON.parse(text) as T;
  };

  /** A training that is done, a deployed model with two older versions, and one of everything else. */
  const seed = async (): Promise<void> => {
    const { app } = application;
    const rows = sampleRows(9000);
    for (const name of ['june.json', 'july.json']) {
      writeFileSync(join(directory, 'exports', name), asJson(rows));
    }
    const registry = app.get(ModelRegistryService, { strict: false });
    for (const [id, day] of [
      [IDS.spare, 30],
      [IDS.older, 31],
    ] as const) {
      const at = Date.UTC(2023, 11, day, 12);
      const { model } = await registry.register(buildTrainedModel({ seed: day }), '%Y%m%d_%H%M%S', at, ACTOR);
      real.set(id, model.version);
    }
    const { export_id: exportId } = await post<{ export_id: string }>('/exports', {
      export_file: 'june.json',
    });
    real.set(IDS.export, exportId);
    for (const id of [IDS.training, IDS.queued]) {
      const body = { export_file: 'june.json' };
      real.set(id, (await post<{ training_id: string }>('/training/train', body)).training_id);
    }
    const run = await app.get(TrainingRunsService, { strict: false }).get(real.get(IDS.training)!);
    const done = await app
      .get(RunExecutorService, { strict: false })
      .execute(run, new AbortController().signal);
    if (done === null || !('result' in done)) throw new Error('the training of the seed was not carried out');
    real.set(IDS.version, (done.result as { version: string }).version);
    const schedule = { name: 'nightly', cron: '0 3 * * *', source: { kind: 'newest_export' } };
    real.set(IDS.schedule, (await post<{ schedule_id: string }>('/schedules', schedule)).schedule_id);
    real.set(IDS.key, (await post<{ id: string }>('/api-keys', { name: 'laptop', scopes: ['read'] })).id);
    const json = { 'content-type': 'application/json' };
    const challenger = JSON.stringify({ version: real.get(IDS.version) });
    await send('put', '/api/v1/models/aliases/challenger', json, challenger);
    await send(
      'patch',
      `/api/v1/exports/uploads/${'ab'.repeat(32)}`,
      { 'content-type': 'application/octet-stream', 'upload-offset': '0', 'upload-length': '9' },
      'abc',
    );
    const model = await fetch(
      `http://127.0.0.1:${port}/api/v1/models/${real.get(IDS.version)}/download?format=package`,
      { headers: { authorization: `Bearer ${KEY}` } },
    );
    expect(model.status).toBe(200);
    archive = await model.blob();
  };

  beforeAll(async () => {
    logs = await createTestDatabase('examples_source');
    await onDatabase(logs.url, (client) => client.query(LOG_ENTRIES));
    await insertRows(logs.url, sampleRows());
    application = await startApplication('examples', directory, {
      apiKey: KEY,
      env: { LOG_DATABASE_URL: logs.url },
    });
    port = await listen(application);
    await seed();
    const document = JSON.parse((await send('get', '/api/openapi.json')).text) as OpenApiDocument;
    fuzz = new OpenApiFuzz(document, {});
    operations = fuzz.operations;
  }, 180_000);
  afterAll(async () => {
    await application.close();
    await logs.drop();
  });

  const operationOf = (id: string): Found => {
    const found = operations.find(({ operation }) => operation.operationId === id);
    if (found === undefined) throw new Error(`There is no operation ${id}.`);
    return found;
  };

  /** The request that the document shows. */
  const documentedRequest = ({ operation }: Found): Pick<OperationExample, 'parameters' | 'body'> => {
    const named = (operation.parameters ?? []).filter(({ example }) => example !== undefined);
    const content = operation.requestBody?.content ?? {};
    const bodies = Object.values(content).flatMap(({ example }) => (example === undefined ? [] : [example]));
    return {
      parameters: Object.fromEntries(named.map(({ name, example }) => [name, example as string])),
      body: bodies.at(0),
    };
  };

  const execute = (
    { method, path, operation }: Found,
    { parameters = {}, body }: Pick<OperationExample, 'parameters' | 'body'>,
    suffix = '',
  ): Promise<Answer> => {
    const places = new Map((operation.parameters ?? []).map((one) => [one.name, one.in]));
    const headers: Record<string, string> = {};
    const query = new URLSearchParams();
    let target = path;
    for (const [name, value] of Object.entries(parameters)) {
      const text = seeded(String(value));
      const place = places.get(name);
      if (place === 'path') target = target.replace(`{${name}}`, text);
      else if (place === 'query') query.set(name, text);
      else headers[name] = name === 'Idempotency-Key' ? text + suffix : text;
    }
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    if (operation.operationId.startsWith('importModel')) {
      const form = new FormData();
      form.set('file', archive, 'model.zip');
      form.set('export_file', 'june.json');
      return send(method, target + search, headers, form);
    }
    if (body !== undefined) {
      headers['content-type'] = typeof body === 'string' ? 'application/octet-stream' : 'application/json';
    }
    const text =
      typeof body === 'string' ? body : body === undefined ? undefined : seeded(JSON.stringify(body));
    return send(method, target + search, headers, text);
  };

  /** The rows of a request to the scorer are as wide as the model. */
  const requestOf = async (id: string): Promise<Pick<OperationExample, 'parameters' | 'body'>> => {
    const asked = REQUESTS[id];
    if (!id.startsWith('infer') || id.startsWith('inference')) return asked;
    const { text } = await send(
      'get',
      id === 'infer' ? '/v2/models/wifi' : `/v2/models/wifi/versions/${real.get(IDS.version)}`,
    );
    const columns = (JSON.parse(text) as { inputs: { shape: number[] }[] }).inputs[0].shape[1];
    const data = Array.from({ length: columns }, (_, i) => i % 4);
    return {
      ...asked,
      body: { inputs: [{ name: 'features', shape: [1, columns], datatype: 'FP64', data }] },
    };
  };

  it('are there for every operation', () => {
    const present = operations.filter(({ operation }) => operation.deprecated !== true);
    expect(Object.keys(REQUESTS).sort()).toEqual(
      present.map(({ operation }) => operation.operationId).sort(),
    );
  });

  it('are answered as their schemas and their recorded answers say', async () => {
    const recorded: Record<string, OperationExample> = {};
    for (const id of Object.keys(REQUESTS)) {
      const found = operationOf(id);
      const asked = RECORDS ? await requestOf(id) : documentedRequest(found);
      const answer = await execute(found, asked);
      expect(answer.status, `${id}: ${answer.text.slice(0, 500)}`).toBeLessThan(300);
      const { method, path, operation } = found;
      expect(fuzz.problem(path, method, operation as Operation, answer), id).toBeNull();
      const now = recordedAnswer(answer.type, documented(answer.text).replaceAll(directory, ''));
      if (RECORDS) recorded[id] = { ...asked, status: answer.status, answer: now };
      else {
        const { content = {} } = operation.responses[String(answer.status)];
        const shown = Object.values(content as Record<string, { example?: unknown }>).at(0)?.example ?? null;
        expect(shapeDifference(now, shown), id).toBeNull();
      }
    }
    if (!RECORDS) return;
    const file = join(import.meta.dirname, '../../..', EXAMPLES_FILE);
    writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
  }, 120_000);

  it('of old addresses are answered too, with the headers that say so', async () => {
    if (RECORDS) return;
    const old = operations.filter(({ operation }) => operation.deprecated === true);
    expect(old.length).toBeGreaterThan(8);
    for (const found of old) {
      const { method, path, operation } = found;
      const answer = await execute(found, documentedRequest(found), operation.operationId);
      expect(answer.status, `${operation.operationId}: ${answer.text}`).toBeLessThan(300);
      expect(fuzz.problem(path, method, operation as Operation, answer), operation.operationId).toBeNull();
      expect(answer.headers.get('deprecation')).toMatch(/^@\d+$/);
      expect(Date.parse(answer.headers.get('sunset') ?? '')).toBeGreaterThan(Date.now());
      expect(answer.headers.get('link')).toContain('rel="successor-version"');
    }
  });

  it('name nothing of the machine they were recorded on', () => {
    const text = JSON.stringify(operations);
    expect(text).not.toContain(hostname());
    expect(text).not.toMatch(/\/(tmp|root|home|work)\//);
  });
});
