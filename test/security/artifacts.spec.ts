import {
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeysService } from '../../src/platform/security/api-keys.service.js';
import { VERSION_FILES } from '../../src/registry/core/version-files.js';
import { ModelRegistryService } from '../../src/registry/model-registry.service.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { buildTrainedModel } from '../support/trained-model.js';
import { SecurityBench } from './bench.js';

const ACTOR = { name: 'test', reason: null };
const ROUNDS = 15;

describe('models on the disk', () => {
  const directory = temporaryDirectory('security-artifacts');
  const models = join(directory, 'models');
  let bench: SecurityBench;
  let registry: ModelRegistryService;
  let admin = '';

  beforeAll(async () => {
    bench = await SecurityBench.start('artifacts', directory);
    const { app } = bench.application;
    registry = app.get(ModelRegistryService, { strict: false });
    const wish = { name: 'admin', scopes: ['admin'] as const, expiresAt: null, actor: 'test' };
    admin = (await app.get(ApiKeysService).create(wish)).key;
  });
  afterAll(() => bench.application.close());
  afterEach(() => bench.oracle());

  let made = 0;
  const register = async (modelName: string): Promise<string> => {
    const model = buildTrainedModel({ modelName, seed: ++made });
    return (await registry.register(model, '%Y%m%d_%H%M%S', Date.UTC(2024, 0, made), ACTOR)).model.version;
  };
  /** Two versions of a model that were deployed one after the other. */
  const deployed = async (modelName: string): Promise<[before: string, champion: string]> => {
    const versions = [await register(modelName), await register(modelName)] as [string, string];
    for (const version of versions) {
      await registry.promote(version, {
        action: 'deploy',
        actor: ACTOR,
        switchOver: () => Promise.resolve(),
      });
    }
    return versions;
  };
  const forest = (version: string): string => join(models, version, VERSION_FILES.forest);

  const TAMPERING: Readonly<Record<string, (champion: string, before: string) => void>> = {
    'a-flipped-bit': (champion) => {
      const bytes = readFileSync(forest(champion));
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(forest(champion), bytes);
    },
    'a-shorter-file': (champion) => {
      truncateSync(forest(champion), 100);
    },
    'the-file-of-another-version': (champion, before) => {
      copyFileSync(forest(before), forest(champion));
    },
    'a-link-to-the-same-bytes': (champion) => {
      const elsewhere = join(directory, 'canary', `${champion}.bin`);
      copyFileSync(forest(champion), elsewhere);
      rmSync(forest(champion));
      symlinkSync(elsewhere, forest(champion));
    },
    'no-file': (champion) => {
      rmSync(forest(champion));
    },
  };

  it.each(Object.keys(TAMPERING))('S104 %s is never loaded; the version before serves', async (name) => {
    const [before, champion] = await deployed(name);
    TAMPERING[name](champion, before);
    const asked = await bench.send('GET', `/v2/models/${name}/versions/${champion}/ready`);
    expect(asked.status, asked.text).toBe(409);
    expect(JSON.parse(asked.text)).toMatchObject({ code: 'artifact_integrity' });
    // Scoring goes on with what is intact, and the service is ready for everything else.
    const serving = await bench.send('GET', `/v2/models/${name}`);
    expect(JSON.parse(serving.text), serving.text).toMatchObject({ versions: [before] });
    expect((await bench.send('GET', '/api/v1/health/ready', { key: null })).status).toBe(200);
    const row = await bench.send('GET', `/api/v1/models/${champion}`);
    expect(JSON.parse(row.text)).toMatchObject({ status: 'corrupt' });
    for (const [method, path] of [
      ['POST', `/api/v1/models/${champion}/deploy`],
      ['POST', `/api/v1/models/${champion}/predict`],
      ['GET', `/api/v1/models/${champion}/download?format=onnx`],
    ]) {
      const body = path.endsWith('predict') ? { export_file: 'ok.json' } : {};
      const answer =
        method === 'GET'
          ? await bench.send(method, path)
          : await bench.json(method, path, body, { headers: { 'if-match': '*' } });
      expect(answer.status, `${path}: ${answer.text.slice(0, 200)}`).toBe(409);
    }
    // What the shipped alert looks at, and what is written down.
    const metrics = await bench.send('GET', '/metrics');
    expect(metrics.text).toMatch(/^mcp_training_model_versions\{[^}]*status="corrupt"[^}]*\} [1-9]/m);
    expect(bench.application.log.join('')).toContain(champion);
    const events: { reason: string }[] = await bench.application.dataSource.query(
      `SELECT reason FROM audit_log WHERE entity_id = $1 AND actor = 'system'`,
      [champion],
    );
    expect(events.map(({ reason }) => reason).join()).toContain(VERSION_FILES.forest);
  });

  it('S94 deletions that race promotions leave one champion, and it has its files', async () => {
    const names = await Promise.all(Array.from({ length: 3 }, () => register('race')));
    const anyState = { headers: { 'if-match': '*' }, key: admin };
    for (let round = 0; round < ROUNDS; round++) {
      const version = await register('race');
      const other = names[round % names.length];
      const answers = await Promise.all([
        bench.json('POST', `/api/v1/models/${version}/deploy`, {}, anyState),
        bench.send('DELETE', `/api/v1/models/${version}`, { key: admin }),
        bench.json('POST', `/api/v1/models/${other}/deploy`, {}, anyState),
        bench.send('DELETE', `/api/v1/models/${other}`, { key: admin }),
        bench.json('POST', `/api/v1/models/${other}/undelete`, {}, { key: admin }),
      ]);
      for (const { status, text } of answers) expect([200, 204, 404, 409, 412], text).toContain(status);
      const champions: { version: string; deleted: boolean }[] = await bench.application.dataSource.query(
        `SELECT v.version, v.deleted_at IS NOT NULL AS deleted FROM model_versions v
           WHERE v.model_name = 'race' AND v.status = 'deployed'`,
      );
      expect(champions.length, `round ${round}`).toBeLessThanOrEqual(1);
      for (const champion of champions) {
        expect(champion.deleted).toBe(false);
        expect(existsSync(join(models, champion.version)), champion.version).toBe(true);
        const refused = await bench.send('DELETE', `/api/v1/models/${champion.version}`, { key: admin });
        expect(refused.status).toBe(409);
      }
    }
    const [{ count }]: { count: number }[] = await bench.application.dataSource.query(
      `SELECT count(*)::int AS count FROM model_aliases WHERE model_name = 'race' AND alias = 'champion'`,
    );
    expect(count).toBeLessThanOrEqual(1);
  });
});
