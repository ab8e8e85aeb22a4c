import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeatureExtractionService } from '../../../src/features/feature-extraction.service.js';
import { extractionFor } from '../../../src/pipeline/scoring-flow.service.js';
import { ModelLoaderService } from '../../../src/registry/model-loader.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

interface Predicted {
  readonly windows: readonly { score: number; is_anomaly: boolean; confidence: number }[];
}
interface Inferred {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly outputs: readonly { name: string; datatype: string; shape: number[]; data: unknown[] }[];
}

describe('the Open Inference Protocol', () => {
  const directory = temporaryDirectory('inference');
  let application: TestApplication;
  let port = 0;
  let version = '';
  let columns = 0;

  beforeAll(async () => {
    application = await startApplication('inference', directory);
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'ok.json'), asJson(sampleRows()));
    const registry = application.app.get(ModelRegistryService, { strict: false });
    const actor = { name: 'test', reason: null };
    const trained = buildTrainedModel();
    columns = trained.spec.features.length;
    ({ version } = (await registry.register(trained, '%Y%m%d_%H%M%S', Date.UTC(2024, 1, 1), actor)).model);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const infer = (body: object, path = `/v2/models/wifi/versions/${version}/infer`) =>
    api().post(path).send(body);
  const tensor = (rows: number, more: object = {}) => ({
    ...{ name: 'features', datatype: 'FP64', shape: [rows, columns] },
    ...{ data: Array.from({ length: rows * columns }, (_, i) => i % 7), ...more },
  });

  it('says what the server is, and that it is alive and ready, without a key', async () => {
    expect((await api().get('/v2')).body).toMatchObject({ name: 'mcp-training', extensions: [] });
    expect((await api().get('/v2/health/live')).body).toEqual({ live: true });
    expect((await api().get('/v2/health/ready')).body).toEqual({ ready: true });
  });

  it('describes a version: the features in column order, and what comes out', async () => {
    const answer = await api().get(`/v2/models/wifi/versions/${version}`);
    const body: unknown = answer.body;
    expect(body).toMatchObject({
      name: 'wifi',
      versions: [version],
      inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, columns] }],
      outputs: [{ name: 'score' }, { name: 'is_anomaly' }, { name: 'confidence' }],
    });
    expect((body as { parameters: { feature_names: string[] } }).parameters.feature_names).toHaveLength(
      columns,
    );
    expect((await api().get(`/v2/models/wifi/versions/${version}/ready`)).body).toEqual({
      name: 'wifi',
      ready: true,
    });
  });

  it('gives the numbers of predict for the rows of an export, flat and as rows', async () => {
    const predicted = await api().post(`/api/v1/models/${version}/predict`).send({ export_file: 'ok.json' });
    const { windows } = predicted.body as Predicted;
    expect(windows.length).toBeGreaterThan(100);
    const model = await application.app.get(ModelLoaderService, { strict: false }).loadVersion(version);
    const selection = { files: [{ path: join(directory, 'exports', 'ok.json'), name: 'ok.json' }] };
    const task = extractionFor(model, { selection, maxWindows: 100_000 });
    const { table } = await application.app
      .get(FeatureExtractionService, { strict: false })
      .extract(task, {});
    // JSON has no NaN: a missing value is null.
    const flat = Array.from(table.values, (value) => (Number.isNaN(value) ? null : value));
    const rows = Array.from(windows, (_, row) => flat.slice(row * columns, (row + 1) * columns));
    for (const data of [flat, rows]) {
      const answer = await infer({ id: 'a1', inputs: [tensor(windows.length, { data })] });
      expect(answer.status, answer.text.slice(0, 300)).toBe(200);
      const body = answer.body as Inferred;
      expect(body).toMatchObject({ model_name: 'wifi', model_version: version, id: 'a1' });
      expect(body.outputs).toEqual([
        { name: 'score', datatype: 'FP64', shape: [windows.length], data: windows.map(({ score }) => score) },
        {
          name: 'is_anomaly',
          datatype: 'BOOL',
          shape: [windows.length],
          data: windows.map((one) => one.is_anomaly),
        },
        {
          name: 'confidence',
          datatype: 'FP64',
          shape: [windows.length],
          data: windows.map((one) => one.confidence),
        },
      ]);
    }
  });

  it('answers with the deployed version when none is named, and only what was asked for', async () => {
    expectProblem(await infer({ inputs: [tensor(1)] }, '/v2/models/wifi/infer'), 404, 'not_found');
    expectProblem(await api().get('/v2/models/wifi/ready'), 404, 'not_found');
    await api().post(`/api/v1/models/${version}/deploy`).set('if-match', '*').send({});
    const answer = await infer(
      { inputs: [tensor(2)], outputs: [{ name: 'score' }] },
      '/v2/models/wifi/infer',
    );
    expect((answer.body as Inferred).outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['score', [2]],
    ]);
    expect((await api().get('/v2/models/wifi/ready')).body).toEqual({ name: 'wifi', ready: true });
    expectProblem(await api().get('/v2/models/other/versions/' + version), 404, 'not_found');
    expectProblem(await api().get('/v2/models/WIFI%20'), 404, 'not_found');
  });

  it.each<[string, object, string[]]>([
    ['a wrong width', { shape: [1, 2], data: [1, 2] }, ['/inputs/0/shape']],
    ['too little data', { data: [1] }, ['/inputs/0/data']],
    ['rows of different widths', { data: [[1], [2, 3]] }, ['/inputs/0/data']],
    ['a text as a number', { data: Array.from({ length: 64 }, () => 'x') }, ['/inputs/0/data']],
    ['a wrong type', { datatype: 'BYTES' }, ['/inputs/0/datatype']],
    ['a huge shape', { shape: [1e15, 1e15], data: [] }, ['/inputs/0/shape']],
    ['a negative shape', { shape: [-1, 4] }, ['/inputs/0/shape']],
    ['an unknown type', { datatype: 'INT4' }, ['/inputs/0/datatype']],
  ])('refuses %s, and names it', async (_case, change, expected) => {
    const problem = expectProblem(await infer({ inputs: [tensor(1, change)] }), 422, 'validation_failed');
    for (const pointer of expected) expect(pointers(problem).join(' ')).toContain(pointer);
  });

  it('takes no rows, and a device a row, which a forest does not need', async () => {
    expect((await infer({ inputs: [tensor(0)] })).body).toMatchObject({
      outputs: [{ shape: [0], data: [] }, {}, {}],
    });
    const device = (data: unknown[]) => ({ name: 'device', datatype: 'BYTES', shape: [data.length], data });
    const plain = await infer({ inputs: [tensor(2)] });
    expect((await infer({ inputs: [device(['1', '2']), tensor(2)] })).body).toEqual(plain.body);
    const short = expectProblem(
      await infer({ inputs: [tensor(2), device(['1'])] }),
      422,
      'validation_failed',
    );
    expect(pointers(short)).toEqual(['/inputs/1/shape']);
    expectProblem(await infer({ inputs: [device(['1'])] }), 422, 'validation_failed');
  });
});
