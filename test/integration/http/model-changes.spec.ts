import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLogService } from '../../../src/platform/security/audit-log.service.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

const FORMAT = '%Y%m%d_%H%M%S';
const actor = { name: 'test', reason: null };

/** Members of the answers that are looked at. */
interface Answer {
  readonly version: string;
  readonly status: string;
  readonly aliases: readonly string[];
  readonly children: readonly string[];
  readonly exports: readonly { readonly sha256: string }[];
  readonly config_hash: string | null;
  readonly total: number;
  readonly deleted: readonly string[];
  readonly items: readonly (Record<'version' | 'action' | 'actor' | 'entity' | 'at', string> & {
    readonly sequence: number;
  })[];
  readonly next_cursor: string | null;
}

const bodyOf = (response: { body: unknown }): Answer => response.body as Answer;

describe('changes of models over REST', () => {
  let application: TestApplication;
  let registry: ModelRegistryService;
  let port = 0;
  let day = 0;

  beforeAll(async () => {
    application = await startApplication('model changes', temporaryDirectory('model-changes'));
    registry = application.app.get(ModelRegistryService, { strict: false });
    port = await listen(application);
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}/api/v1`);

  async function register(change: Parameters<typeof buildTrainedModel>[0] = {}): Promise<string> {
    const at = Date.UTC(2024, 0, ++day);
    return (await registry.register(buildTrainedModel(change), FORMAT, at, actor)).model.version;
  }
  const eventsOf = async (entityId: string): Promise<string[]> =>
    bodyOf(await api().get(`/audit?entity_id=${encodeURIComponent(entityId)}`))
      .items.map(({ action }) => action)
      .reverse();

  describe('aliases', () => {
    it('are made freely, changed only by who has seen them, and taken away', async () => {
      const [one, two] = [await register(), await register()];
      const put = (version: string) => api().put('/models/aliases/challenger').send({ version });
      const made = await put(one);
      expect(made.status, made.text).toBe(200);
      expect(bodyOf(made)).toMatchObject({ model_name: 'wifi', alias: 'challenger', version: one });
      const tag = made.headers['etag'];
      expect((await api().get('/models/aliases/challenger')).headers['etag']).toBe(tag);

      expectProblem(await put(two), 428, 'precondition_required');
      expectProblem(await put(two).set('if-match', '"stale"'), 412, 'precondition_failed');
      const moved = await put(two).set('if-match', tag);
      expect(bodyOf(moved).version).toBe(two);
      expectProblem(await put(one).set('if-match', tag), 412, 'precondition_failed');
      expect(bodyOf(await api().get(`/models/${two}`)).aliases).toEqual(['challenger']);

      expectProblem(await api().delete('/models/aliases/challenger'), 428, 'precondition_required');
      const gone = await api().delete('/models/aliases/challenger').set('if-match', moved.headers['etag']);
      expect(gone.status).toBe(204);
      expectProblem(await api().get('/models/aliases/challenger'), 404, 'not_found');
      expect(await eventsOf('wifi/challenger')).toEqual(['set_alias', 'set_alias', 'delete_alias']);
    });

    it('leave no event when nothing changes, and nothing at all in a dry run', async () => {
      const [one, two] = [await register(), await register()];
      const { headers } = await api().put('/models/aliases/shadow').send({ version: one });
      const again = { version: one };
      await api().put('/models/aliases/shadow').set('if-match', headers['etag']).send(again);
      const dry = await api()
        .put('/models/aliases/shadow?dry_run=true')
        .set('if-match', headers['etag'])
        .send({ version: two });
      expect(bodyOf(dry).version).toBe(two);
      expect(bodyOf(await api().get('/models/aliases/shadow')).version).toBe(one);
      await api().delete('/models/aliases/shadow?dry_run=true').set('if-match', headers['etag']);
      expect(await eventsOf('wifi/shadow')).toEqual(['set_alias']);
    });

    it('named champion deploy, by compare and set', async () => {
      const [one, two, three] = [await register(), await register(), await register()];
      const put = (version: string) => api().put('/models/aliases/champion').send({ version });
      const first = await put(one);
      expect(first.status, first.text).toBe(200);
      expectProblem(await put(two), 428, 'precondition_required');
      const second = await put(two).set('if-match', first.headers['etag']);
      expect(bodyOf(second)).toMatchObject({ alias: 'champion', version: two });
      expectProblem(await put(three).set('if-match', first.headers['etag']), 412, 'precondition_failed');
      expect(bodyOf(await api().get('/models/deployed')).version).toBe(two);
      expect(bodyOf(await api().get(`/models/${one}`)).status).toBe('archived');
      expectProblem(
        await api().delete('/models/aliases/champion').set('if-match', second.headers['etag']),
        409,
        'conflict',
      );
      expect(bodyOf(await put(three).set('if-match', '*')).version).toBe(three);
    });

    it('are refused for what cannot have them', async () => {
      const rejected = await register({ gatePassed: false });
      const other = await register({ modelName: 'dns' });
      const put = (alias: string, version: string) => api().put(`/models/aliases/${alias}`).send({ version });
      expectProblem(await put('challenger', rejected), 409, 'gate_rejected');
      expectProblem(await put('challenger', other), 400, 'usage');
      expectProblem(await put('challenger', '20990101_000000'), 404, 'not_found');
      expectProblem(await put('latest', rejected), 422, 'validation_failed');
      expectProblem(await put('Bad%20Name', rejected), 422, 'validation_failed');
      // to keep a rejected version for study is a good use of a free one
      expect((await put('for-study', rejected)).status).toBe(200);
    });
  });

  describe('notes and tags', () => {
    it('are patched by who has seen them; everything else is immutable', async () => {
      const version = await register();
      const read = await api().get(`/models/${version}`);
      const patch = (body: object) => api().patch(`/models/${version}`).send(body);
      expectProblem(await patch({ notes: 'x' }), 428, 'precondition_required');
      const first = await patch({ notes: 'two quiet weeks', tags: { site: 'north', ticket: '17' } })
        .set('if-match', read.headers['etag'])
        .set('content-type', 'application/merge-patch+json');
      expect(first.status, first.text).toBe(200);
      expect(bodyOf(first)).toMatchObject({
        notes: 'two quiet weeks',
        tags: { site: 'north', ticket: '17' },
      });
      expectProblem(
        await patch({ notes: 'late' }).set('if-match', read.headers['etag']),
        412,
        'precondition_failed',
      );
      const second = await patch({ tags: { ticket: null } }).set('if-match', first.headers['etag']);
      expect(bodyOf(second)).toMatchObject({ notes: 'two quiet weeks', tags: { site: 'north' } });
      const refused = await patch({ status: 'deployed', artifacts: {}, notes: 7 }).set(
        'if-match',
        second.headers['etag'],
      );
      const problem = expectProblem(refused, 422, 'validation_failed');
      expect(new Set(pointers(problem))).toEqual(new Set(['/status', '/artifacts', '/notes']));
      expect(await eventsOf(version)).toEqual(['register', 'annotate', 'annotate']);
    });

    it('of two writers at once keep one, and tell the other', async () => {
      const version = await register();
      const { headers } = await api().get(`/models/${version}`);
      const answers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((notes) =>
          api().patch(`/models/${version}`).set('if-match', headers['etag']).send({ notes }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    });

    it('are searched', async () => {
      const version = await register({ modelName: 'search' });
      const other = await register({ modelName: 'search' });
      const { headers } = await api().get(`/models/${version}`);
      await api()
        .patch(`/models/${version}`)
        .set('if-match', headers['etag'])
        .send({ notes: '100% of the Roof', tags: { site: 'north' } });
      const find = async (query: string): Promise<string[]> =>
        bodyOf(await api().get(`/models?model=search&${query}`)).items.map(({ version: found }) => found);
      expect(await find('q=roof')).toEqual([version]);
      expect(await find('q=100%25')).toEqual([version]);
      expect(await find('q=1%25f')).toEqual([]);
      expect(await find('q=NORTH')).toEqual([version]);
      expect(await find('tag=site')).toEqual([version]);
      expect(await find('tag=site:north&tag=site')).toEqual([version]);
      expect(await find('tag=site:south')).toEqual([]);
      expect(await find('tag=none')).toEqual([]);
      expect(await find('sort=created_at')).toEqual([version, other]);
      expect(await find('sort=-version&limit=1')).toEqual([other]);
      expect(await find('status=deployed&status=archived')).toEqual([]);
      expect(await find('status=deployed&status=available')).toEqual([other, version]);
      expectProblem(await api().get('/models?status=new&status=available'), 422, 'validation_failed');
      expectProblem(await api().get('/models?sort=notes'), 400, 'usage');
    });

    it.each(['created_at', '-created_at', 'version', '-version'])('page through sort=%s', async (sort) => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const body = bodyOf(await api().get(`/models?limit=3&sort=${sort}${cursor}`));
        seen.push(...body.items.map(({ version: found }) => found));
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (cursor !== '');
      expect(seen.length).toBe(bodyOf(await api().get('/models/stats')).total);
      const order = [...seen].sort();
      expect(seen).toEqual(sort.startsWith('-') ? order.reverse() : order);
    });
  });

  it('stats say of each model what is deployed, what waits, and where a rollback goes', async () => {
    const standing = async (): Promise<object | undefined> => {
      const { models } = (await api().get('/models/stats')).body as { models: { model_name: string }[] };
      return models.find(({ model_name: name }) => name === 'standing');
    };
    const [first, second] = [
      await register({ modelName: 'standing' }),
      await register({ modelName: 'standing' }),
    ];
    const promote = async (version: string, tag = '*'): Promise<void> => {
      const answer = await api()
        .put('/models/aliases/champion?model=standing')
        .set('if-match', tag)
        .send({ version });
      expect(answer.status, answer.text).toBe(200);
    };
    const none = { model_name: 'standing', total: 2, deployed: null, candidate: second, rollback: null };
    expect(await standing()).toEqual(none);
    await promote(first);
    expect(await standing()).toEqual({ ...none, deployed: first });
    await promote(second);
    expect(await standing()).toEqual({ ...none, deployed: second, candidate: null, rollback: first });
    await promote(first);
    expect(await standing()).toEqual({ ...none, deployed: first, candidate: null });
  });

  it('lineage tells inputs, code, relatives, deployments and events', async () => {
    const parent = await register({ modelName: 'line' });
    const child = await register({ modelName: 'line', parentVersion: parent });
    await api().post(`/models/${child}/deploy`).set('if-match', '*').send({ reason: 'better' });
    const body = bodyOf(await api().get(`/models/${child}/lineage`));
    expect(body).toMatchObject({
      version: child,
      model_name: 'line',
      ancestors: [parent],
      children: [],
      training: null,
      deployments: [{ action: 'deploy', status: 'active', target: 'default', previous_version: null }],
      events: [
        { action: 'deploy', reason: 'better', from: { champion: null }, to: { champion: child } },
        { action: 'register', from: null },
      ],
    });
    expect(body.exports[0].sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(body.config_hash).not.toBeNull();
    expect(bodyOf(await api().get(`/models/${parent}/lineage`)).children).toEqual([child]);
    expectProblem(await api().get('/models/20990101_000000/lineage'), 404, 'not_found');
  });

  it('deletion takes a version away and gives it back, and retention keeps what is needed', async () => {
    const versions: string[] = [];
    for (let i = 0; i < 8; i++) versions.push(await register({ modelName: 'old' }));
    const [oldest, second] = versions;
    const deploy = (version: string) => api().post(`/models/${version}/deploy`).set('if-match', '*').send({});
    await deploy(oldest);
    expectProblem(await api().delete(`/models/${oldest}`), 409, 'conflict');
    expectProblem(await api().delete(`/models/${oldest}?dry_run=true`), 409, 'conflict');
    expect((await api().delete(`/models/${second}?dry_run=true`)).status).toBe(204);
    expect((await api().get(`/models/${second}`)).status).toBe(200);
    expect((await api().delete(`/models/${second}`)).status).toBe(204);
    expectProblem(await api().get(`/models/${second}`), 404, 'not_found');
    expect(bodyOf(await api().post(`/models/${second}/undelete`)).version).toBe(second);

    // 5 newest and the deployed one stay of 8: the oldest but the deployed one go
    const dry = await api().post('/models/retention?dry_run=true');
    expect(bodyOf(dry).deleted).toEqual(expect.arrayContaining(versions.slice(1, 3)));
    expect((await api().get(`/models/${second}`)).status).toBe(200);
    const applied = await api().post('/models/retention');
    expect(bodyOf(applied).deleted).toEqual(bodyOf(dry).deleted);
    const backups = readdirSync(join(application.config.paths.dataDir, 'backups'));
    expect(backups).toEqual([expect.stringMatching(/^before-retention-\d+T.*\.zip$/)]);
    expectProblem(await api().get(`/models/${second}`), 404, 'not_found');
    expect(bodyOf(await api().get(`/models/${oldest}`)).status).toBe('deployed');
    expect(await eventsOf(second)).toEqual(['register', 'delete', 'undelete', 'delete']);
  });

  describe('the audit log', () => {
    it('pages without a gap or a repetition', async () => {
      const seen: number[] = [];
      let cursor = '';
      do {
        const body = bodyOf(await api().get(`/audit?limit=7${cursor}`));
        seen.push(...body.items.map(({ sequence }) => sequence));
        cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
      } while (cursor !== '');
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => seen.length - i));
      expect(seen.length).toBeGreaterThan(20);
    });

    it('is filtered by thing, person, action and time', async () => {
      const find = async (query: string): Promise<Answer['items']> =>
        bodyOf(await api().get(`/audit?limit=200&${query}`)).items;
      const all = await find('');
      const deploys = await find('action=deploy');
      expect(deploys.length).toBe(all.filter(({ action }) => action === 'deploy').length);
      expect((await find('actor=test')).every(({ actor: who }) => who === 'test')).toBe(true);
      expect((await find('entity=model_alias')).every(({ entity }) => entity === 'model_alias')).toBe(true);
      const middle = all[Math.floor(all.length / 2)].at;
      const later = await find(`since=${middle}`);
      const earlier = await find(`until=${middle}`);
      expect(later.length + earlier.length).toBe(all.length);
      expect(earlier.every(({ at }) => at < middle)).toBe(true);
      expectProblem(await api().get('/audit?since=yesterday'), 422, 'validation_failed');
      expectProblem(await api().get('/audit?what=1'), 400, 'usage');
      expectProblem(await api().get('/audit?cursor=abc'), 400, 'usage');
    });

    it('says when somebody has taken events away or its guard off', async () => {
      const log = application.app.get(AuditLogService, { strict: false });
      expect((await log.check()).problems).toEqual([]);
      const { dataSource } = application;
      await dataSource.query('ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only');
      await dataSource.query('DELETE FROM audit_log WHERE sequence IN (4, 5)');
      const { problems } = await log.check();
      expect(problems).toEqual([
        expect.stringContaining('a gap after event 3: 2 events'),
        expect.stringContaining('audit_log_append_only is missing or disabled'),
      ]);
      await dataSource.query('DELETE FROM audit_log WHERE sequence < 4');
      expect((await log.check()).problems[0]).toContain('begins with event 6');
    });
  });
});
