import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_PATHS } from '../../../src/platform/http/access.js';
import { ApiKeysService } from '../../../src/platform/security/api-keys.service.js';
import { decisionOf, type Decision } from '../../../src/platform/security/decision.js';
import { allows, type Scope } from '../../../src/platform/security/scopes.js';
import { startApplication, type TestApplication } from '../../support/application.js';
import { expectProblem, listen } from '../../support/http.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Routes that no controller has: their decision is access control's own, any key. */
const WITHOUT_CONTROLLER =
  /^GET \/api\/(openapi\.json|docs(\/|\/docs\/swagger-ui-init\.js|\/swagger-ui-init\.js|\/index\.html|\/LICENSE)?)$/;

interface Handler {
  readonly route: string;
  readonly decision: Decision | undefined;
}

interface Layer {
  readonly route?: { readonly path: string | string[]; readonly methods: Readonly<Record<string, boolean>> };
}

/** Every handler that Nest knows, with its address as the web server registers it. */
function handlers({ app }: TestApplication): Handler[] {
  return [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype }) => {
      const controller = metatype as { prototype: Record<string, unknown> };
      const base = String(Reflect.getMetadata(PATH_METADATA, controller));
      return methodsOf(controller.prototype).flatMap((handler) => {
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) return [];
        const own = String(Reflect.getMetadata(PATH_METADATA, handler));
        const path = [base, own].flatMap((part) => part.split('/')).filter((part) => part !== '');
        const prefix = ['/metrics', 'v2'].includes(base) ? '' : '/api/v1';
        const route = `${RequestMethod[method]} ${prefix}/${path.join('/')}`;
        return [{ route, decision: decisionOf(handler) }];
      });
    });
}

function methodsOf(prototype: object | null): object[] {
  if (prototype === null || prototype === Object.prototype) return [];
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name]) => name !== 'constructor')
    .flatMap(([, { value }]) => (typeof value === 'function' ? [value as object] : []));
  return own;
}

/** More methods than any route of ours has: what Nest answers "not found" with where its prefix does not reach. */
const ANY_METHOD = 10;

/** Every route of the web server, whoever registered it. */
function layers({ app }: TestApplication): { path: string; methods: string[] }[] {
  const { router } = app.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : [route.path].flat().map((path) => ({ path, methods: Object.keys(route.methods) })),
  );
}

const routes = (application: TestApplication): string[] =>
  layers(application)
    .filter(({ methods }) => methods.length < ANY_METHOD)
    .flatMap(({ path, methods }) => methods.map((method) => `${method.toUpperCase()} ${path}`));

const concrete = (path: string): string => path.replace(/:\w+/g, '00000000-0000-4000-8000-000000000000');

describe('who may call which route', () => {
  const directory = temporaryDirectory('authorisation');
  let application: TestApplication;
  let port = 0;
  const keys = new Map<Scope, string>();

  beforeAll(async () => {
    application = await startApplication('authorisation', directory, { isLoopback: false });
    port = await listen(application);
    for (const scope of ['read', 'train', 'deploy', 'admin'] as const) {
      const wish = { name: `a-${scope}`, scopes: [scope], expiresAt: null, actor: 'test' };
      keys.set(scope, (await application.app.get(ApiKeysService).create(wish)).key);
    }
  });
  afterAll(() => application.close());

  const send = (route: string, key?: string) => {
    const [method, path] = route.split(' ');
    const call = request(`http://127.0.0.1:${port}`)[method.toLowerCase() as 'get'](concrete(path));
    return key === undefined ? call : call.set('authorization', `Bearer ${key}`);
  };

  it('is decided for every handler', () => {
    const all = handlers(application);
    expect(all.length).toBeGreaterThan(25);
    expect(all.filter(({ decision }) => decision === undefined).map(({ route }) => route)).toEqual([]);
  });

  it('is decided for every route of the web server: it has a controller, or is one of the documentation', () => {
    const known = new Set(handlers(application).map(({ route }) => route));
    const all = routes(application);
    expect([...known].filter((route) => !all.includes(route))).toEqual([]);
    expect(all.filter((route) => !known.has(route) && !WITHOUT_CONTROLLER.test(route))).toEqual([]);
  });

  it('is nobody where a path answers any method: that is the answer for what is not there', async () => {
    const any = layers(application).filter(({ methods }) => methods.length >= ANY_METHOD);
    expect(any.map(({ path }) => path)).toEqual(['/metrics', '/v2', '/v2/*rest']);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await send(`${method} /metrics`, keys.get('admin'))).status).toBe(404);
    }
  });

  it('is everybody for the probes, and for nothing else', () => {
    const open = handlers(application)
      .filter(({ decision }) => decision?.kind === 'public')
      .map(({ route }) => route);
    expect(open.sort()).toEqual(PUBLIC_PATHS.map((path) => `GET ${path}`).sort());
  });

  it('is nobody without a key, on every route and method', async () => {
    for (const route of [...routes(application), 'GET /nothing', 'PUT /api/v1/models', 'POST /metrics']) {
      const response = await send(route);
      const isProbe = PUBLIC_PATHS.includes(route.split(' ')[1]);
      expect(response.status, route).toBe(isProbe ? 200 : 401);
      if (!isProbe) expect(response.headers['www-authenticate'], route).toMatch(/^Bearer realm=/);
    }
  });

  it('is everybody for the files of the dashboard, which hold no data', async () => {
    const page = await send('GET /');
    const isBuilt = existsSync(join(import.meta.dirname, '../../../dist/web/index.html'));
    expect(page.status).toBe(isBuilt ? 200 : 503);
    expect(page.headers['content-type']).toMatch(isBuilt ? /^text\/html/ : /^text\/plain/);
    expect((await send('GET /api/v1/models')).status).toBe(401);
  });

  it('is whoever has the scope; anybody else is told which one is missing', async () => {
    for (const { route, decision } of handlers(application)) {
      if (decision?.kind !== 'requires') continue;
      for (const [scope, key] of keys) {
        if (allows([scope], decision.scope)) continue;
        const response = await send(route, key);
        expect(response.status, `${scope} key: ${route}`).toBe(403);
        if (!route.startsWith('HEAD')) expectProblem(response, 403, 'forbidden');
        expect(response.headers['www-authenticate']).toContain(`scope="${decision.scope}"`);
      }
    }
  });

  it('needs the scope deploy too when a training asks for deployment', async () => {
    const train = (deploy: boolean, scope: Scope) =>
      send('POST /api/v1/training/train', keys.get(scope)).send({ export_file: 'absent.json', deploy });
    expect((await train(true, 'train')).status).toBe(403);
    expect((await train(false, 'train')).status).toBe(422);
    expect((await train(true, 'admin')).status).toBe(422);
  });

  it('stands in the OpenAPI document: the scope, 401 and 403 of each operation, and both ways to send a key', async () => {
    interface Operation {
      readonly security?: object[];
      readonly responses: Record<string, unknown>;
      readonly 'x-required-scope'?: string;
    }
    const { text } = await send('GET /api/openapi.json', keys.get('read'));
    const { paths, components } = JSON.parse(text) as {
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: object };
    };
    expect(components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    });
    for (const { route, decision } of handlers(application)) {
      const [method, path] = route.split(' ');
      const operation = paths[path.replace(/:(\w+)/g, '{$1}')][method.toLowerCase()];
      if (decision?.kind === 'public') expect(operation.security, route).toEqual([]);
      else {
        expect(operation['x-required-scope'], route).toBe(decision?.scope);
        expect(operation.security, route).toEqual(expect.arrayContaining([{ api_key: [] }, { bearer: [] }]));
        expect(Object.keys(operation.responses), route).toEqual(
          expect.arrayContaining(['401', '403', '429']),
        );
      }
    }
  });

  it('is written down when it was refused: actor, action and reason', async () => {
    const [{ total }]: { total: number }[] = await application.dataSource.query(
      `SELECT count(*)::int AS total FROM audit_log WHERE action = 'refuse'`,
    );
    expect(total).toBeGreaterThan(10);
    expect(total).toBeLessThanOrEqual(40);
    const rows: object[] = await application.dataSource.query(
      `SELECT DISTINCT actor, reason FROM audit_log WHERE action = 'refuse' AND actor LIKE 'key:a-read/%'`,
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});
