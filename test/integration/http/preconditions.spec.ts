import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertIfMatch, strongEtag } from '../../../src/platform/http/etag.js';
import { ModelRegistryService } from '../../../src/registry/model-registry.service.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen, pointers } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { buildTrainedModel } from '../../support/trained-model.js';

describe('If-Match', () => {
  const directory = temporaryDirectory('preconditions');
  let application: TestApplication;
  let port = 0;
  let versions: string[];

  beforeAll(async () => {
    application = await startApplication('preconditions', directory);
    port = await listen(application);
    const registry = application.app.get(ModelRegistryService, { strict: false });
    versions = [];
    for (const day of [1, 2, 3]) {
      const actor = { name: 'test', reason: null };
      const at = Date.UTC(2024, 1, day);
      versions.push((await registry.register(buildTrainedModel(), '%Y%m%d_%H%M%S', at, actor)).model.version);
    }
  });
  afterAll(() => application.close());

  const api = () => request(`http://127.0.0.1:${port}`);
  const tagOf = async (name: string): Promise<string> => {
    const answer = await api().get(`/api/v1/models/${name}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.headers.etag;
  };
  const deploy = (version: string, tag?: string) => {
    const call = api().post(`/api/v1/models/${version}/deploy`);
    return (tag === undefined ? call : call.set('if-match', tag)).send({});
  };
  const deployedNow = async (): Promise<string | null> =>
    ((await api().get('/api/v1/models/deployed')).body as { version?: string }).version ?? null;

  it('is needed for a deployment and a rollback, and nothing happens without it', async () => {
    expect(pointers(expectProblem(await deploy(versions[0]), 428, 'precondition_required'))).toEqual([
      'If-Match',
    ]);
    const rollback = await api().post('/api/v1/models/rollback').send({ reason: 'too many alerts' });
    expectProblem(rollback, 428, 'precondition_required');
    expect(await deployedNow()).toBeNull();
  });

  it('is not needed for a dry run', async () => {
    const dry = await api().post(`/api/v1/models/${versions[0]}/deploy?dry_run=true`).send({});
    expect(dry.status, dry.text).toBe(200);
    expect(dry.body).toMatchObject({ status: 'would_deploy', version: versions[0], previous_version: null });
    expect(await deployedNow()).toBeNull();
  });

  it('with the tag that was read deploys; with the same tag a second time it is stale', async () => {
    const seen = await tagOf(versions[0]);
    expect(seen).toMatch(/^"[^"]+"$/);
    const other = await tagOf(versions[1]);
    const first = await deploy(versions[0], seen);
    expect(first.status, first.text).toBe(200);
    expect(first.headers.etag).toBe(await tagOf('deployed'));
    // Another version became champion since both tags were read: neither decides any more.
    expectProblem(await deploy(versions[0], seen), 412, 'precondition_failed');
    expectProblem(await deploy(versions[1], other), 412, 'precondition_failed');
    expect(await deployedNow()).toBe(versions[0]);
  });

  it('takes the tag of the version, of the deployed one, one of a list, and any with *', async () => {
    expect((await deploy(versions[1], await tagOf(versions[1]))).status).toBe(200);
    expect((await deploy(versions[0], `"x", ${await tagOf('deployed')}`)).status).toBe(200);
    expect((await deploy(versions[1], '*')).status).toBe(200);
    expect(await deployedNow()).toBe(versions[1]);
  });

  it.each(['W/"x"', '"x"', 'x', ''])('refuses %j', async (tag) => {
    expectProblem(await deploy(versions[2], tag), 412, 'precondition_failed');
  });

  it('never matches a weak tag', async () => {
    expectProblem(await deploy(versions[2], `W/${await tagOf(versions[2])}`), 412, 'precondition_failed');
  });

  it('lets one of two deployments through that were decided on the same state', async () => {
    const tags = await Promise.all(versions.map(tagOf));
    const answers = await Promise.all([deploy(versions[0], tags[0]), deploy(versions[2], tags[2])]);
    expect(answers.map(({ status }) => status).sort(), answers.map(({ text }) => text).join()).toEqual([
      200, 412,
    ]);
  });

  it('of the deployed version guards a rollback', async () => {
    const before = await tagOf('deployed');
    await deploy(versions[2], '*');
    await deploy(versions[1], '*');
    const rollback = (tag: string) =>
      api()
        .post('/api/v1/models/rollback')
        .set('if-match', tag)
        .send({ reason: 'too many alerts', to: versions[0] });
    expectProblem(await rollback(before), 412, 'precondition_failed');
    const answer = await rollback(await tagOf('deployed'));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ status: 'rolled_back', previous_version: versions[1] });
    expect(await deployedNow()).toBe(versions[0]);
  });

  it('answers 304 to a reader that has the present state', async () => {
    const etag = await tagOf(versions[0]);
    const again = await api().get(`/api/v1/models/${versions[0]}`).set('if-none-match', etag);
    expect(again.status).toBe(304);
    expect(again.text).toBe('');
    const list = await api().get('/api/v1/models');
    expect(list.headers.etag).toMatch(/^"/);
    expect((await api().get('/api/v1/models').set('if-none-match', list.headers.etag)).status).toBe(304);
  });
});

describe('a strong tag', () => {
  it('is the same for equal states whatever the order of members, and differs for others', () => {
    expect(strongEtag({ a: 1, b: [1, null] })).toBe(strongEtag({ b: [1, null], a: 1 }));
    expect(strongEtag({ a: 1 })).not.toBe(strongEtag({ a: '1' }));
    expect(strongEtag([1, 2])).not.toBe(strongEtag([2, 1]));
  });

  it('in a header of any length is compared quickly', () => {
    const begun = performance.now();
    const hostile = { headers: { 'if-match': '"'.repeat(15_000) } } as never;
    expect(() => assertIfMatch(hostile, '"a"')).toThrow();
    expect(performance.now() - begun).toBeLessThan(100);
  });
});
