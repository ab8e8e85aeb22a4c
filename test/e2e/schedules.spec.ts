import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CliSandbox, jsonOf } from '../support/cli.js';
import { asJson, sampleRows } from '../support/sample-files.js';

interface Shown {
  readonly schedule_id: string;
  readonly next_ticks: readonly string[];
  readonly paused: boolean;
}

let cli: CliSandbox;

beforeAll(async () => {
  cli = await CliSandbox.create('schedules');
  writeFileSync(join(cli.exportsDir, 'a.json'), asJson(sampleRows(500)));
});
afterAll(() => cli.cleanUp());

const schedule = async (...args: string[]): Promise<Shown & Record<string, unknown>> => {
  const run = await cli.run(['schedule', ...args, '--json']);
  expect(run.code, run.stderr).toBe(0);
  return jsonOf(run);
};

it('a schedule is made, changed, paused, resumed, run and deleted by its name', async () => {
  const made = await schedule('create', '--name', 'n', '--cron', '0 3 * * *', '--source', 'directory:.');
  expect(made).toMatchObject({ source: { kind: 'directory', path: '.' }, condition: 'always' });
  expect(made.next_ticks).toHaveLength(3);
  expect(await schedule('update', 'n', '--condition', 'new-data', '--min-new-records', '10')).toMatchObject({
    schedule_id: made.schedule_id,
    condition: 'new_data',
    min_new_records: 10,
    next_ticks: made.next_ticks,
  });
  expect(await schedule('pause', 'n')).toMatchObject({ paused: true, next_ticks: [] });
  expect(await schedule('resume', made.schedule_id)).toMatchObject({ paused: false });
  expect(await schedule('run', 'n')).toMatchObject({
    trigger: 'manual',
    status: 'started',
    training_status: 'queued',
  });
  expect((await schedule('list')).items).toMatchObject([{ name: 'n', last_tick: { status: 'started' } }]);
  expect(await schedule('delete', 'n')).toMatchObject({ deleted: true });
  expect((await schedule('list')).items).toEqual([]);
}, 120_000);

it.each([
  [['create', '--name', 'x', '--cron', '0 0 31 2 *', '--source', 'newest'], 2, 'no such day'],
  [['create', '--name', 'x', '--cron', '0 3 * * *', '--source', 'tape'], 2, 'is no source'],
  [['create', '--name', 'x', '--cron', '0 3 * * *'], 2, '--source'],
  [['run', 'nobody'], 5, 'There is no schedule nobody'],
])('%j is refused with exit code %i', async (args, code, message) => {
  const run = await cli.run(['schedule', ...args]);
  expect([run.code, run.stderr]).toEqual([code, expect.stringContaining(message)]);
});
