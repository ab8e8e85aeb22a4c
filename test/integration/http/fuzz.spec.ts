import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { listen } from '../../support/http.js';
import { crc32 } from '../../../src/training/core/forest/crc32.js';
import {
  OpenApiFuzz,
  type FuzzAnswer,
  type FuzzRequest,
  type OpenApiDocument,
} from '../../support/openapi-fuzz.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

/** `npm run bench:fuzz` searches longer, and elsewhere. */
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 40);
/** The same requests each time, whatever the machine; the search has only its time as a limit. */
const ROUNDS = process.env['FUZZ_SECONDS'] === undefined ? 2 : Infinity;
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261121);
const AT_ONCE = 4;
const KEY = 'an-environment-key-for-the-fuzzer';

describe('requests made from the OpenAPI document', () => {
  const directory = temporaryDirectory('fuzz');
  let application: TestApplication;
  let port = 0;
  let fuzz: OpenApiFuzz;

  /** A connection that the server closed for idleness just before says nothing about the request. */
  const send = (request: FuzzRequest): Promise<FuzzAnswer> =>
    attempt(request).catch((error: unknown) => {
      if (error instanceof TypeError) return attempt(request);
      throw error;
    });

  const attempt = async ({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      stop.abort();
    }, 30_000);
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { ...headers, authorization: `Bearer ${KEY}` },
        body: body === null || method === 'GET' || method === 'HEAD' ? undefined : Buffer.from(body),
        signal: stop.signal,
        redirect: 'manual',
      });
      const type = response.headers.get('content-type') ?? '';
      // Events of a run that waits never end.
      const text = type.startsWith('text/event-stream') ? '' : await response.text();
      if (type.startsWith('text/event-stream')) stop.abort();
      return { status: response.status, type, text };
    } finally {
      clearTimeout(timer);
    }
  };

  beforeAll(async () => {
    application = await startApplication('fuzz', directory, {
      apiKey: KEY,
      env: { TRAINING_API_RATE_LIMIT: '0' },
    });
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'ok.json'), asJson(sampleRows(400)));
    const registry = application.app.get(ModelRegistryService, { strict: false });
    const versions: string[] = [];
    for (const day of [1, 2]) {
      const actor = { name: 'test', reason: null };
      const model = buildTrainedModel({ seed: day });
      versions.push(
        (await registry.register(model, '%Y%m%d_%H%M%S', Date.UTC(2024, 1, day), actor)).model.version,
      );
    }
    const json = { 'content-type': 'application/json' };
    const made = async (path: string): Promise<Record<string, string>> => {
      const answer = await send({ method: 'POST', path, headers: json, body: '{"export_file":"ok.json"}' });
      return JSON.parse(answer.text) as Record<string, string>;
    };
    const { export_id: exportId } = await made('/api/v1/exports');
    const { training_id: trainingId } = await made('/api/v1/training/train');
    const { text } = await send({ method: 'GET', path: '/api/openapi.json', headers: {}, body: null });
    fuzz = new OpenApiFuzz(JSON.parse(text) as OpenApiDocument, {
      ...{ version: versions, a: versions, b: versions, to: versions, export_id: [exportId] },
      ...{
        training_id: [trainingId],
        export_file: ['ok.json', 'exports/ok.json', '../x'],
        alias: ['champion', 'night'],
      },
      ...{
        name: ['wifi', 'features', 'score'],
        model: ['wifi'],
        model_name: ['wifi'],
        target: ['default', 'x'],
      },
      ...{ dry_run: ['true', 'false'], sha256: ['ab'.repeat(32)] },
    });
  });
  afterAll(() => application.close());

  it('get 422 with the member for a null that the document does not allow', async () => {
    let refused = 0;
    const problems: string[] = [];
    for (const { method, path, operation } of fuzz.operations) {
      for (const request of fuzz.nulls(method, path, operation)) {
        const answer = await send(request);
        const asked = `${request.method} ${request.path} ${String(request.body)}: ${answer.text}`;
        if (answer.status === 404 && /\/(v2|exports|schedules)\//.test(path)) continue;
        if (answer.status !== 422 || !answer.text.includes(`/${request.member}`)) problems.push(asked);
        refused++;
      }
    }
    expect(problems).toEqual([]);
    expect(refused).toBeGreaterThan(30);
  });

  it(
    'get no 5xx, no undocumented status, and answers that match their schemas',
    async () => {
      const until = performance.now() + SECONDS * 1000;
      const problems = new Map<string, string>();
      let sent = 0;
      const statuses: Partial<Record<string, number>> = {};
      for (let round = 0; round < ROUNDS && performance.now() < until && problems.size === 0; round++) {
        const batch = fuzz.operations.flatMap(({ method, path, operation }) => {
          // Of its own name: a route that is added changes nobody else's requests.
          const own = crc32(Buffer.from(operation.operationId));
          const options = { seed: (SEED + round * 1000 + own) | 0, numRuns: 4 };
          return fc
            .sample(fuzz.requests(method, path, operation), options)
            .map((request) => ({ method, path, operation, request }));
        });
        const work = batch.values();
        const runner = async (): Promise<void> => {
          for (const { method, path, operation, request } of work) {
            if (performance.now() > until) return;
            const answer = await send(request);
            sent++;
            statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
            const problem = fuzz.problem(path, method, operation, answer);
            if (problem !== null && problems.size < 40)
              problems.set(
                `${operation.operationId} ${problem.slice(0, 40)}`,
                `${JSON.stringify(request).slice(0, 400)}\n  ${problem}`,
              );
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, runner));
      }
      process.stderr.write(`fuzz: ${sent} requests, seed ${SEED}, statuses ${JSON.stringify(statuses)}\n`);
      expect([...problems.values()].join('\n\n')).toBe('');
      expect(sent).toBeGreaterThan(200);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
    (SECONDS + 60) * 1000,
  );
});
