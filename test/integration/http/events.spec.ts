import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrainingRunsService } from '../../../src/training/training-runs.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

describe('server-sent events', () => {
  const directory = temporaryDirectory('events');
  let application: TestApplication;
  let port = 0;

  beforeAll(async () => {
    application = await startApplication('events', directory);
    port = await listen(application);
    writeFileSync(join(directory, 'exports', 'ok.json'), '{"logs":[]}');
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const train = (body: object) => api().post('/api/v1/training/train').send(body);
  /** Text received within `ms`. */
  function follow(
    id: string,
    ms: number,
    headers: Record<string, string> = {},
  ): Promise<{ text: string; ended: boolean }> {
    return new Promise((resolve, reject) => {
      let text = '';
      const call = httpRequest(
        { port, host: '127.0.0.1', path: `/api/v1/training/${id}/events`, headers },
        (response) => {
          const timer = setTimeout(() => {
            call.destroy();
            resolve({ text, ended: false });
          }, ms);
          response.on('data', (data: Buffer) => (text += data.toString()));
          response.on('end', () => {
            clearTimeout(timer);
            resolve({ text, ended: true });
          });
        },
      );
      call.on('error', reject);
      call.end();
    });
  }

  async function finishedRun(): Promise<string> {
    const runs = application.app.get(TrainingRunsService, { strict: false });
    const { body } = (await train({ export_file: 'ok.json' })) as { body: { training_id: string } };
    const { training_id: id } = body;
    const lease = await runs.start(id, 'test:1');
    await runs.progress(lease!, 50, 'half\n\nevent: done\ndata: {"status":"promoted"}\n\n');
    await runs.finish(lease!, { status: 'completed', progress: 100, version: 'v1' });
    return id;
  }

  it('of a finished run are all there, numbered, and end', async () => {
    const { text, ended } = await follow(await finishedRun(), 5_000);
    expect(ended).toBe(true);
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual([1, 2, 3]);
    // A step that holds newlines begins no event of its own.
    expect([...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name)).toEqual([
      'progress',
      'progress',
      'done',
    ]);
  });

  it.each([
    ['2', [3]],
    ['3', []],
    ['99999999999', [1, 2, 3]],
    ['-1', [1, 2, 3]],
    ['garbage', [1, 2, 3]],
  ])('resume after Last-Event-ID %s', async (last, expected) => {
    const { text, ended } = await follow(await finishedRun(), 5_000, { 'last-event-id': last });
    expect(ended).toBe(true);
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual(expected);
  });

  it('of a run that waits stay open, show news, and stop asking when the client is gone', async () => {
    const runs = application.app.get(TrainingRunsService, { strict: false });
    const { body } = (await train({ export_file: 'ok.json' })) as { body: { training_id: string } };
    const { training_id: id } = body;
    const listening = follow(id, 2_000);
    await sleep(300);
    const lease = await runs.start(id, 'test:1');
    await runs.progress(lease!, 10, 'news');
    const { text, ended } = await listening;
    expect(ended).toBe(false);
    expect(text).toContain('"step":"news"');
    let asked = 0;
    const real = runs.eventsAfter.bind(runs);
    runs.eventsAfter = (...args) => {
      asked++;
      return real(...args);
    };
    await sleep(1_500);
    runs.eventsAfter = real;
    expect(asked).toBeLessThanOrEqual(1);
  });

  it('of an unknown run are a 404', async () => {
    expectProblem(await api().get(`/api/v1/training/${randomUUID()}/events`), 404, 'not_found');
  });
});
