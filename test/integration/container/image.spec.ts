import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { environmentNames } from './environment-names.js';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

interface Instruction {
  readonly word: string;
  readonly text: string;
}

/** Instructions of the Dockerfile, continued lines joined, comments left out. */
function instructions(): Instruction[] {
  return read('docker/Dockerfile')
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => {
      const [, word, text] = /^(\w+)\s+(.*)$/.exec(line)!;
      return { word, text };
    });
}

const texts = (word: string): string[] =>
  instructions().flatMap((instruction) => (instruction.word === word ? [instruction.text] : []));

/** What follows the last FROM. */
function lastStage(): Instruction[] {
  const all = instructions();
  return all.slice(all.findLastIndex(({ word }) => word === 'FROM'));
}

/** Does the build see the file? The patterns of ours are names, directories and one kind of exception. */
function isIgnored(path: string): boolean {
  const patterns = read('.dockerignore')
    .split('\n')
    .filter((line) => !/^(#|$)/.test(line));
  return patterns.some(
    (pattern) => !pattern.startsWith('!') && (path === pattern || path.startsWith(`${pattern}/`)),
  );
}

describe('docker/Dockerfile', () => {
  it('starts from images with a version, in stages, and takes the last one only', () => {
    expect(texts('ARG')).toEqual(['NODE_IMAGE=node:20-bookworm-slim']);
    const stages = texts('FROM');
    expect(stages.length).toBeGreaterThan(1);
    for (const stage of stages) expect(stage).toMatch(/^\$\{NODE_IMAGE\} AS \w+$/);
  });

  it('installs exactly what the lockfile says, and for the last stage only what runs', () => {
    const installs = texts('RUN').filter((text) => text.includes('npm'));
    expect(installs.filter((text) => /npm (install|i)\b/.test(text))).toEqual([]);
    expect(installs.some((text) => text.includes('npm ci --omit=dev'))).toBe(true);
    const copied = lastStage()
      .filter(({ word }) => word === 'COPY')
      .map(({ text }) => text);
    expect(copied).toContain('--from=packages /app/node_modules ./node_modules');
    expect(copied.filter((text) => /^(\.|src|test) /.test(text))).toEqual([]);
  });

  it('has no tool that only the build or an intruder needs', () => {
    const all = instructions().map(({ text }) => text);
    expect(all.filter((text) => /\b(curl|wget|apt-get|apk|sudo|tini)\b/.test(text))).toEqual([]);
    expect(texts('ADD')).toEqual([]);
  });

  it('runs as a numbered user that is not root and owns nothing but /data', () => {
    const stage = lastStage();
    const user = stage.findIndex(({ word }) => word === 'USER');
    expect(stage[user].text).toBe('10001:10001');
    expect(stage.slice(user).filter(({ word }) => word === 'RUN' || word === 'COPY')).toEqual([]);
    expect(stage.filter(({ text }) => text.includes('--chown'))).toEqual([]);
    const owned = stage.flatMap(({ text }) =>
      [...text.matchAll(/chown\s+-R\s+\S+\s+(\S+)/g)].map(([, path]) => path),
    );
    expect(owned).toEqual(['/data']);
  });

  it('lets signals reach Node: exec form everywhere, SIGTERM as the signal', () => {
    for (const word of ['ENTRYPOINT', 'CMD', 'VOLUME']) {
      for (const text of texts(word)) expect(Array.isArray(JSON.parse(text)), `${word} ${text}`).toBe(true);
    }
    expect(JSON.parse(texts('ENTRYPOINT')[0])).toEqual(['node', '/app/bin/mcp-training.mjs']);
    expect(texts('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(texts('HEALTHCHECK')[0]).toMatch(/ CMD \["node", "\/app\/docker\/healthcheck\.mjs"\]$/);
  });

  it('sets variables that the service knows, and no secret', () => {
    const names = texts('ENV').flatMap((text) => [...text.matchAll(/(\w+)=/g)].map(([, name]) => name));
    const known = environmentNames();
    expect(names.filter((name) => name !== 'NODE_ENV' && !known.has(name))).toEqual([]);
    expect(names.filter((name) => /KEY|TOKEN|PASSWORD|SECRET|DATABASE_URL/.test(name))).toEqual([]);
  });

  it('copies files that exist and that the build is given', () => {
    const sources = texts('COPY')
      .filter((text) => !text.startsWith('--from'))
      .flatMap((text) => text.split(/\s+/).slice(0, -1))
      .filter((source) => source !== '.');
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
    expect(sources.filter(isIgnored)).toEqual([]);
  });

  it('is not given what is secret or made here', () => {
    for (const path of [
      '.env',
      '.git',
      'node_modules',
      'dist',
      '.data/postgres.json',
      'docker/secrets/api_key',
      'models/x',
    ])
      expect(isIgnored(path), path).toBe(true);
    for (const path of [
      'src',
      'migrations',
      'nest-cli.json',
      '.swcrc',
      'tsconfig.json',
      'scripts/build.mjs',
      'LICENSE',
    ])
      expect(isIgnored(path), path).toBe(false);
  });
});

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

type Tree = Readonly<Record<string, unknown>>;

/** With YAML's merge keys applied, as Compose does it; the parser here leaves them as they are. */
function merged<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { '<<': base, ...own } = value as Tree;
  const entries = Object.entries(own).map(([key, item]) => [key, merged(item)] as const);
  return { ...(base as Tree | undefined), ...Object.fromEntries(entries) } as T;
}

describe('docker/compose.yaml', () => {
  const { services, volumes, secrets } = merged(load(read('docker/compose.yaml'))) as Compose;
  const ours = Object.entries(services).filter(([, { image }]) => image.startsWith('mcp-training'));

  it('names only services, volumes and secrets that it has', () => {
    for (const [name, service] of Object.entries(services)) {
      expect(
        Object.keys(service.depends_on ?? {}).filter((other) => !(other in services)),
        name,
      ).toEqual([]);
      expect(
        (service.secrets ?? []).filter((secret) => !(secret in secrets)),
        name,
      ).toEqual([]);
      const named = (service.volumes ?? []).map((volume) => volume.split(':')[0]);
      expect(
        named.filter((volume) => !volume.startsWith('./') && !(volume in volumes)),
        name,
      ).toEqual([]);
      const bound = named.filter((volume) => volume.startsWith('./'));
      expect(
        bound.filter((path) => !existsSync(join(ROOT, 'docker', path))),
        name,
      ).toEqual([]);
    }
  });

  it('runs images with a version, and the three verbs of ours', () => {
    for (const { image } of Object.values(services)) expect(image).toMatch(/:(?!latest)[\w.-]+$/);
    expect(ours.map(([name, { command }]) => [name, command?.[0]])).toEqual([
      ['migrate', 'migrate'],
      ['api', 'serve'],
      ['worker', 'worker'],
    ]);
  });

  it('gives them little: no root file system, no capability, loopback ports, time to end', () => {
    for (const [name, service] of ours) {
      expect(service, name).toMatchObject({ read_only: true, cap_drop: ['ALL'], stop_grace_period: '40s' });
    }
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('waits for the database and the schema, and asks every long-running service how it is', () => {
    expect(services.migrate.depends_on).toEqual({ database: { condition: 'service_healthy' } });
    for (const name of ['api', 'worker'])
      expect(services[name].depends_on).toEqual({ migrate: { condition: 'service_completed_successfully' } });
    expect(services.database.healthcheck?.test).toContain('pg_isready');
    expect(services.worker.healthcheck?.test?.at(-1)).toBe('8002');
    expect(services.worker.command).toContain('8002');
  });

  it('takes secrets from files, never from a variable', () => {
    const known = environmentNames();
    for (const [name, { environment = {} }] of Object.entries(services)) {
      const open = Object.keys(environment).filter((variable) =>
        /KEY|URL|PASSWORD|TOKEN|SECRET/.test(variable),
      );
      expect(
        open.filter((variable) => !variable.endsWith('_FILE')),
        name,
      ).toEqual([]);
    }
    for (const [name, { environment = {} }] of ours)
      expect(
        Object.keys(environment).filter((variable) => !known.has(variable)),
        name,
      ).toEqual([]);
  });
});
