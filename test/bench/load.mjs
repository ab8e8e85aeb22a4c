// `npm run bench:load`: what clients notice while a large training runs on the same service. 200 readers and 20 uploaders
// ask as fast as they are answered, a probe asks /health/live every 50 ms from a process of its own.
//   node test/bench/load.mjs [--export FILE] [--entries 1572030] [--readers 200] [--uploaders 20] [--upload-mb 2]
//     [--max-probe-ms 100] [--max-rss-mb 3072] [--json]
// Exit code 1: an answer was 5xx or missing, the probe's 99th percentile or the memory is above its limit.
import { copyFileSync, constants, mkdirSync, statSync } from 'node:fs';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from '../../scripts/ensure.mjs';
import { REFERENCE, writeExport } from './lib/exports.mjs';
import { Installation } from './lib/ours.mjs';
import { commit, machine, markdownTable } from './lib/report.mjs';
import { freePort, memoryOf, summary } from './lib/load-parts.mjs';

const { values: options } = parseArgs({
  options: {
    export: { type: 'string' },
    entries: { type: 'string', default: String(REFERENCE.entries) },
    readers: { type: 'string', default: '200' },
    uploaders: { type: 'string', default: '20' },
    'upload-mb': { type: 'string', default: '2' },
    'max-probe-ms': { type: 'string', default: '100' },
    'max-rss-mb': { type: 'string', default: '3072' },
    dir: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
});
const say = (text) => console.error(`> ${text}`);
const IDLE_SECONDS = 5;

ensureBuilt();
mkdirSync(options.dir, { recursive: true });
const installation = new Installation(options.dir);
const children = new Set();
let result;
try {
  result = await bench();
} finally {
  for (const child of children) child.kill('SIGKILL');
  installation.databaseRuns = true;
  await installation.stopDatabase().catch(() => undefined);
  installation.remove();
}
print(result);
process.exitCode = result.problems.length === 0 ? 0 : 1;

async function bench() {
  const input = await prepareExport();
  const upload = await prepareUpload();
  const { service, port } = await startService();
  say(`Idle: the probe alone for ${IDLE_SECONDS} s`);
  const idle = await probeFor(port, IDLE_SECONDS);
  const idleMemory = memoryOf(service.pid);
  const begun = performance.now();
  const { training_id: training } = await post(port, '/api/v1/training/train', { export_file: 'load.json' });
  say(`Training ${training}, ${options.readers} readers, ${options.uploaders} uploaders`);
  const clients = [
    client('probe', { port, training }),
    client('readers', { port, training, count: Number(options.readers) }),
    client('uploaders', { port, training, count: Number(options.uploaders), file: upload }),
  ];
  const { run, peak } = await watch(port, training, service);
  const seconds = (performance.now() - begun) / 1000;
  const [probe, readers, uploaders] = await Promise.all(clients.map(finish));
  await sleep(2000);
  const after = memoryOf(service.pid);
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  const [code] = await ended;
  return judged({
    commit: commit(),
    machine: machine(),
    export_mb: Math.round(statSync(input).size / 1e6),
    training: {
      status: run.status,
      seconds: Math.round(seconds * 10) / 10,
      log_count: run.result?.log_count ?? null,
    },
    idle_probe: idle,
    probe,
    readers,
    uploaders,
    memory_mb: { idle: idleMemory.rss, peak: peak, after: after.rss },
    exit_code: code,
  });
}

async function prepareExport() {
  const target = join(installation.env.TRAINING_EXPORTS_DIR, 'load.json');
  if (options.export !== undefined) {
    copyFileSync(options.export, target, constants.COPYFILE_FICLONE);
    return target;
  }
  const entries = Number(options.entries);
  say(`An export of ${entries} records`);
  const days = Math.max(3, Math.round((REFERENCE.days * entries) / REFERENCE.entries));
  await writeExport(target, { ...REFERENCE, entries, days, format: 'json' });
  return target;
}

async function prepareUpload() {
  const file = join(installation.directory, 'upload.ndjson');
  // About 0.5 kB a record.
  const entries = Math.max(500, Math.round(Number(options['upload-mb']) * 1900));
  await writeExport(file, { entries, days: 2, devices: 2, format: 'ndjson' });
  return file;
}

async function startService() {
  const port = await freePort();
  const service = spawn(
    process.execPath,
    [join(root, 'bin/mcp-training.mjs'), 'serve', '--port', String(port)],
    {
      // The readers are one address: its limit is not what is measured.
      env: { ...installation.env, TRAINING_API_RATE_LIMIT: '0', TRAINING_LOG_LEVEL: 'WARNING' },
      cwd: installation.directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  children.add(service);
  for (let i = 0; i < 240; i++) {
    if (service.exitCode !== null) throw new Error(`serve ended with ${service.exitCode}`);
    const ready = await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`).catch(() => null);
    if (ready?.status === 200) return { service, port };
    await sleep(250);
  }
  throw new Error('serve is not ready after a minute');
}

/** One kind of client in a process of its own, so that they do not wait for each other. */
function client(role, settings) {
  const child = fork(fileURLToPath(new URL('lib/load-client.mjs', import.meta.url)), [
    role,
    JSON.stringify(settings),
  ]);
  children.add(child);
  return child;
}

async function finish(child) {
  const answer = once(child, 'message');
  child.send('stop');
  const [measured] = await answer;
  children.delete(child);
  child.kill();
  return summary(measured);
}

async function probeFor(port, seconds) {
  const child = client('probe', { port });
  await sleep(seconds * 1000);
  return finish(child);
}

/** Until the run has ended; the status is asked for like by any client, and may be late. */
async function watch(port, training, service) {
  let peak = 0;
  for (;;) {
    peak = Math.max(peak, memoryOf(service.pid).rss);
    const run = await fetch(`http://127.0.0.1:${port}/api/v1/training/status/${training}`)
      .then((answer) => answer.json())
      .catch(() => ({ status: 'unknown' }));
    if (['completed', 'rejected', 'failed', 'cancelled'].includes(run.status)) {
      return { run, peak: Math.max(peak, memoryOf(service.pid).peak) };
    }
    await sleep(200);
  }
}

async function post(port, path, body) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 202) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function judged(measured) {
  const { probe, readers, uploaders, training, memory_mb: memory } = measured;
  const problems = [];
  for (const [name, part] of Object.entries({ probe, readers, uploaders })) {
    const bad = Object.entries(part.answers).filter(([status]) => !/^[234]\d\d$/.test(status));
    for (const [status, count] of bad) problems.push(`${name}: ${count} answers ${status}`);
  }
  if (probe.p99_ms >= Number(options['max-probe-ms'])) {
    problems.push(
      `the probe's 99th percentile is ${probe.p99_ms} ms, the limit ${options['max-probe-ms']} ms`,
    );
  }
  if (memory.peak > Number(options['max-rss-mb'])) {
    problems.push(`the service used ${memory.peak} MB, the limit is ${options['max-rss-mb']} MB`);
  }
  if (!['completed', 'rejected'].includes(training.status))
    problems.push(`the training ended as ${training.status}`);
  if (measured.exit_code !== 0) problems.push(`the service ended with ${measured.exit_code}`);
  return { ...measured, problems };
}

function print(measured) {
  if (options.json) {
    console.log(JSON.stringify(measured, null, 2));
    return;
  }
  const row = (name, part) => [
    name,
    part.requests,
    part.per_second,
    `${part.p50_ms} ms`,
    `${part.p99_ms} ms`,
    `${part.max_ms} ms`,
    Object.entries(part.answers)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  ];
  const { idle_probe: idle, probe, readers, uploaders, training, memory_mb: memory } = measured;
  console.log(
    markdownTable(
      ['client', 'requests', 'a second', 'p50', 'p99', 'longest', 'answers'],
      [
        row('probe, idle service', idle),
        row('probe', probe),
        row(`${options.readers} readers`, readers),
        row(`${options.uploaders} uploaders`, uploaders),
      ],
    ),
  );
  console.log(
    `Training of ${training.log_count} records (${measured.export_mb} MB): ${training.status} after ${training.seconds} s. ` +
      `Memory of the service: ${memory.idle} MB idle, ${memory.peak} MB at most, ${memory.after} MB afterwards.`,
  );
  for (const problem of measured.problems) console.log(`NOT GOOD: ${problem}`);
}
