import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScheduleRunnerService } from '../../../src/pipeline/schedules/schedule-runner.service.js';
import { ApiKeysService } from '../../../src/platform/security/api-keys.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { eventually } from '../../support/embedded-sandbox.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { asJson, sampleRows } from '../../support/sample-files.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

interface ScheduleBody {
  readonly schedule_id: string;
  readonly next_ticks: readonly string[];
  readonly last_tick: Readonly<Record<string, unknown>> | null;
}

const NIGHTLY = {
  name: 'nightly',
  cron: '0 3 * * *',
  timezone: 'Europe/Berlin',
  source: { kind: 'newest_export' },
};

describe('/schedules', () => {
  const directory = temporaryDirectory('schedules');
  let application: TestApplication;
  let port = 0;
  const keys = { read: '', train: '', deploy: '' };

  beforeAll(async () => {
    application = await startApplication('schedules', directory);
    port = await listen(application);
    const service = application.app.get(ApiKeysService);
    for (const [name, scopes] of [
      ['read', ['read']],
      ['train', ['train']],
      ['deploy', ['train', 'deploy']],
    ] as const) {
      keys[name] = (await service.create({ name, scopes: [...scopes], expiresAt: null, actor: 'test' })).key;
    }
    mkdirSync(join(directory, 'exports', 'site'), { recursive: true });
    writeFileSync(join(directory, 'exports', 'site', 'a.json'), asJson(sampleRows(500)));
  });
  afterAll(() => application.close());

  const send = (
    method: 'get' | 'post' | 'patch' | 'delete',
    path: string,
    body?: object,
    key: keyof typeof keys = 'train',
  ): request.Test =>
    request(`http://127.0.0.1:${port}`)
      [method](`/api/v1/schedules${path}`)
      .set('authorization', `Bearer ${keys[key]}`)
      .send(body);
  const made = async (body: object, key: keyof typeof keys = 'train'): Promise<ScheduleBody> => {
    const answer = await send('post', '', body, key);
    expect(answer.status, answer.text).toBe(201);
    return answer.body as ScheduleBody;
  };
  const audited = (id: string): Promise<{ action: string; actor: string }[]> =>
    application.dataSource.query(
      "SELECT action, split_part(actor, '/', 1) AS actor FROM audit_log WHERE entity_id = $1 ORDER BY sequence",
      [id],
    );

  it('are made with their next three ticks, changed, listed and deleted, each change in the audit log', async () => {
    const schedule = await made(NIGHTLY);
    expect(schedule).toMatchObject({
      ...NIGHTLY,
      model_name: 'wifi',
      catch_up: 'run_once',
      deploy: false,
      last_tick: null,
    });
    expect(schedule.next_ticks).toHaveLength(3);
    for (const tick of schedule.next_ticks) {
      const inBerlin = new Date(tick).toLocaleString('en-GB', {
        timeZone: 'Europe/Berlin',
        timeStyle: 'short',
      });
      expect(inBerlin).toBe('03:00');
    }
    const path = `/${schedule.schedule_id}`;
    const changed = await send('patch', path, { cron: '30 4 * * 1', paused: true });
    expect(changed.body).toMatchObject({
      cron: '30 4 * * 1',
      timezone: 'Europe/Berlin',
      paused: true,
      next_ticks: [],
    });
    const listed = await send('get', '', undefined, 'read');
    expect((listed.body as { items: ScheduleBody[] }).items).toEqual([changed.body]);
    expect((await send('delete', path)).status).toBe(204);
    expectProblem(await send('get', path), 404, 'not_found');
    expect(await audited(schedule.schedule_id)).toEqual([
      { action: 'schedule_created', actor: 'key:train' },
      { action: 'schedule_changed', actor: 'key:train' },
      { action: 'schedule_deleted', actor: 'key:train' },
    ]);
  });

  it.each([
    [{ cron: '* * * * * *' }, ['/cron']],
    [{ cron: '@reboot' }, ['/cron']],
    [{ cron: '0 0 31 2 *' }, ['/cron']],
    [{ cron: `${'1,'.repeat(300)}1 * * * *` }, ['/cron']],
    [{ cron: '99 * * * *', timezone: 'Mars/Base', name: 'a b' }, ['/cron', '/name', '/timezone']],
    [{ source: { kind: 'directory', path: '../etc' } }, ['/source/path']],
    [{ source: { kind: 'newest_export', days: 3 } }, ['/source/days']],
    [{ min_new_records: 5 }, ['/min_new_records']],
    [{ name: null }, ['/name']],
    [{ surprise: 1 }, ['/surprise']],
  ])('are refused with %j', async (change, expected) => {
    const problem = expectProblem(
      await send('post', '', { ...NIGHTLY, ...change }),
      422,
      'validation_failed',
    );
    expect([...new Set(pointers(problem))].sort()).toEqual(expected);
  });

  it('are refused without name, expression and source, all three said at once', async () => {
    const problem = expectProblem(await send('post', '', { paused: true }), 422, 'validation_failed');
    expect([...new Set(pointers(problem))].sort()).toEqual(['/cron', '/name', '/source']);
  });

  it('are refused with settings that no training may have, and with a name that is taken', async () => {
    const wrong = await send('post', '', { ...NIGHTLY, config_overrides: { storage: { directory: '/' } } });
    expectProblem(wrong, 422, 'config_invalid');
    const { schedule_id: id } = await made({ ...NIGHTLY, name: 'taken' });
    expectProblem(await send('post', '', { ...NIGHTLY, name: 'taken' }), 409, 'conflict');
    await send('delete', `/${id}`);
  });

  it('change nothing in a dry run, and only from the state the caller has seen', async () => {
    const dry = await send('post', '?dry_run=true', NIGHTLY);
    expect([dry.status, (dry.body as ScheduleBody).next_ticks.length]).toEqual([200, 3]);
    expect(((await send('get', '')).body as { items: unknown[] }).items).toEqual([]);
    const { schedule_id: id } = await made(NIGHTLY);
    const { etag } = (await send('get', `/${id}`)).headers;
    expect((await send('patch', `/${id}`, { cron: '0 5 * * *' }).set('if-match', etag)).status).toBe(200);
    expectProblem(
      await send('patch', `/${id}`, { cron: '0 6 * * *' }).set('if-match', etag),
      412,
      'precondition_failed',
    );
    expectProblem(await send('delete', `/${id}`).set('if-match', etag), 412, 'precondition_failed');
    expect((await send('delete', `/${id}`)).status).toBe(204);
  });

  it('that deploy are for keys that may deploy', async () => {
    expectProblem(await send('post', '', { ...NIGHTLY, deploy: true }), 403, 'forbidden');
    const { schedule_id: id } = await made({ ...NIGHTLY, deploy: true }, 'deploy');
    for (const answer of [
      await send('patch', `/${id}`, { cron: '* * * * *' }),
      await send('delete', `/${id}`),
      await send('post', `/${id}/run`),
    ])
      expectProblem(answer, 403, 'forbidden');
    expectProblem(await send('post', '', NIGHTLY, 'read'), 403, 'forbidden');
    expect((await send('delete', `/${id}`, undefined, 'deploy')).status).toBe(204);
  });

  it('queue nothing in a dry run of a training now', async () => {
    const { schedule_id: id } = await made({ ...NIGHTLY, name: 'dry' });
    expect((await send('post', `/${id}/run?dry_run=true`)).status).toBe(200);
    const [{ ticks }]: { ticks: number }[] = await application.dataSource.query(
      `SELECT count(*)::int AS ticks FROM schedule_ticks WHERE schedule_id = $1`,
      [id],
    );
    expect(ticks).toBe(0);
    await send('delete', `/${id}`);
  });

  it('queue a training when they are told to run, one at a time', async () => {
    const { schedule_id: id } = await made({ ...NIGHTLY, source: { kind: 'directory', path: 'site' } });
    const first = await send('post', `/${id}/run`);
    expect(first.status, first.text).toBe(202);
    expect(first.body).toMatchObject({ trigger: 'manual', status: 'started', training_status: 'queued' });
    const again = await send('post', `/${id}/run`);
    expect(again.body).toMatchObject({
      status: 'skipped',
      reason: 'previous_run_unfinished',
      training_id: null,
    });
    await send('delete', `/${id}`);
  });

  it('wake up by themselves', async () => {
    const { schedule_id: id } = await made({
      ...NIGHTLY,
      name: 'soon',
      source: { kind: 'directory', path: 'site' },
    });
    await application.dataSource.query(
      `UPDATE schedules SET next_tick_at = date_trunc('second', now()) + interval '2 seconds' WHERE id = $1`,
      [id],
    );
    const runner = application.app.get(ScheduleRunnerService);
    runner.start();
    try {
      await eventually('a tick has started a training', 10_000, async () => {
        const { last_tick: tick } = (await send('get', `/${id}`)).body as ScheduleBody;
        return tick?.status === 'started';
      });
    } finally {
      await runner.stop();
    }
  });
});
