import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asJson, sampleRows } from '../support/sample-files.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { SecurityBench, type Answer } from './bench.js';

const good = sampleRows(300);

describe('content of exports and overrides', () => {
  const directory = temporaryDirectory('security-exports');
  let bench: SecurityBench;
  beforeAll(async () => {
    bench = await SecurityBench.start('exports', directory);
  });
  afterAll(() => bench.application.close());
  afterEach(() => bench.oracle());

  const validate = async (content: string | Uint8Array): Promise<Answer> => {
    const uploaded = await bench.upload('/api/v1/exports', 'hostile.json', content);
    expect(uploaded.status, uploaded.text).toBe(201);
    const { export_id: id } = JSON.parse(uploaded.text) as { export_id: string };
    const answer = await bench.send('POST', `/api/v1/exports/${id}/validate`);
    expect([200, 422], answer.text).toContain(answer.status);
    return answer;
  };
  const verdict = ({ text }: Answer): boolean | undefined =>
    (JSON.parse(text) as { is_valid?: boolean }).is_valid;

  it('S41 nesting of 100,000 levels', async () => {
    expect(verdict(await validate(`{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))).not.toBe(true);
  });

  it('S43 numbers that are none', async () => {
    const rows = ['NaN', 'Infinity', '-0', '1e999', '0x10', '01', '"7"', '9007199254740993'].map(
      (id) => `{"device_id":${id},"timestamp":"2024-01-01T00:00:00","message":"x"}`,
    );
    for (const row of rows) await validate(`{"logs":[${row}]}`);
  });

  it('S44 prototype keys in records, metadata and overrides', async () => {
    const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    await validate(`{"logs":[${hostile}],"metadata":${hostile}}`);
    const overrides = await bench.train(`{"export_file":"ok.json","config_overrides":${hostile}}`);
    // Refused as unknown, or left out: never used.
    expect([202, 422]).toContain(overrides.status);
    const hidden = await bench.train(`{"export_file":"ok.json","__proto__":{"deploy":true}}`);
    expect([202, 422]).toContain(hidden.status);
    const [{ deployed }]: { deployed: number }[] = await bench.application.dataSource.query(
      `SELECT count(*)::int AS deployed FROM training_runs WHERE request->>'deploy' = 'true'`,
    );
    expect(deployed).toBe(0);
  });

  it('S46 encodings that are none', async () => {
    const text = asJson(good);
    for (const bytes of [
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
      Buffer.concat([
        Buffer.from('{"logs":[{"message":"'),
        Buffer.from([0xc0, 0xaf, 0xff, 0]),
        Buffer.from('"}]}'),
      ]),
      Buffer.from('{"logs":[{"message":"\\ud800 \\u0000"}]}'),
    ]) {
      await validate(bytes);
    }
  });

  it('S47 times at the ends of the calendar', async () => {
    for (const time of [
      '0001-01-01T00:00:00',
      '9999-12-31T23:59:59',
      '+275760-09-13T00:00:00Z',
      '1970-01-01T00:00:00',
    ]) {
      await validate(asJson([...good.slice(0, 5), { ...good[5], timestamp: time }]));
    }
  });

  it('S53 metadata that lies', async () => {
    for (const declared of ['-1', '1e308', '"7"', '12']) {
      const text = asJson(good).replace(`"total_records":${good.length}`, `"total_records":${declared}`);
      expect(text).toContain(declared);
      const answer = await validate(text);
      expect(answer.text).toContain('"log_count":300');
    }
  });

  it.each([
    ['S58', { training: { max_training_time: 1e9 } }],
    ['S58', { training: { n_jobs: 10_000_000 } }],
    ['S58', { features: { window: { length_minutes: 1e-9 } } }],
    ['S58', { model: { n_estimators: 1e9 } }],
    ['S59', { storage: { models_dir: '/' } }],
    ['S59', { database: { url: 'postgresql://elsewhere/x' } }],
    ['S59', { auth: { enabled: false } }],
    ['S59', { api: { key: null } }],
    ['S59', { isAdmin: true }],
  ])('%s overrides %j', async (_, overrides) => {
    const answer = await bench.train({ export_file: 'ok.json', config_overrides: overrides });
    expect(answer.status, answer.text).toBe(422);
  });

  it('S59 members that are not for clients', async () => {
    const answer = await bench.train({ export_file: 'ok.json', isAdmin: true, status: 'completed' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('unknown_property');
  });

  it('S73 an address is never fetched as a file', async () => {
    for (const file of [{ url: 'http://127.0.0.1:9009' }, 'http://127.0.0.1:9009/', ['ok.json']]) {
      expect((await bench.train({ export_file: file })).status).toBe(422);
    }
  });

  it.each([
    ['every second', '* * * * * *'],
    ['a list of 10,000 minutes', `${Array.from({ length: 10_000 }, (_, i) => i % 60).join(',')} * * * *`],
    ['at every start', '@reboot'],
    ['never', '0 0 31 2 *'],
    ['no step at all', '*/0 * * * *'],
    ['five megabytes', '*/'.repeat(2_500_000)],
    ['a long row of spaces', `0${' '.repeat(900)}0 * *`],
  ])('S61 a schedule %s', async (_, cron) => {
    const body = { name: 'hostile', cron, source: { kind: 'newest_export' } };
    const answer = await bench.json('POST', '/api/v1/schedules', body);
    // What is larger than a body may be is refused before it is read.
    expect(answer.status, answer.text).toBe(cron.length > 1_000_000 ? 413 : 422);
    const [{ schedules }]: { schedules: number }[] = await bench.application.dataSource.query(
      `SELECT count(*)::int AS schedules FROM schedules`,
    );
    expect(schedules).toBe(0);
  });

  it('S94 a storm of cancellations ends one run once', async () => {
    const accepted = await bench.train({ export_file: 'ok.json' });
    expect(accepted.status, accepted.text).toBe(202);
    const { training_id: id } = JSON.parse(accepted.text) as { training_id: string };
    const storm = Array.from({ length: 100 }, () => bench.send('POST', `/api/v1/training/${id}/cancel`));
    for (const { status } of await Promise.all(storm)) expect([202, 409]).toContain(status);
    const events: { type: string }[] = await bench.application.dataSource.query(
      `SELECT type FROM training_events WHERE run_id = $1 AND type = 'cancelled'`,
      [id],
    );
    expect(events).toHaveLength(1);
  });
});
