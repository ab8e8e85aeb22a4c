// `npm run demo`: from a bare checkout to a deployed model. Installs, builds, starts the embedded database, writes a
// sample export, trains on it, shows the result, and leaves nothing running. The first model is deployed to the target
// `default`; a model that is deployed already stays what the consumer loads.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ensureBuilt, ensureInstalled, root } from './ensure.mjs';

const SAMPLE = {
  entries: 60_000,
  days: 14,
  devices: 4,
  seed: 7,
  startMs: Date.UTC(2025, 5, 1),
  anomalies: true,
};
const FORMAT = { format: 'json-logs', totalRecords: SAMPLE.entries, createdAt: '2025-06-15T00:00:00Z' };

ensureInstalled();
ensureBuilt();

const load = (path) => import(new URL(`../dist/src/${path}`, import.meta.url).href);
const { generateSample, sampleLabels } = await load('export/core/sample-export.js');
const { renderSample } = await load('export/core/sample-writer.js');
const { loadProcessConfig } = await load('platform/config/process-config.js');
const { startEmbeddedPostgres } = await load('platform/database/embedded/embedded-postgres.js');

let config;
try {
  config = loadProcessConfig({ packageRoot: root });
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(2);
}

const sample = join(config.paths.exportsDir, 'sample_export.json');
console.error(
  `> Writing a sample export: ${SAMPLE.entries} log lines of ${SAMPLE.devices} devices over ${SAMPLE.days} days`,
);
mkdirSync(config.paths.exportsDir, { recursive: true });
await pipeline(
  Readable.from(renderSample(generateSample(SAMPLE), FORMAT)),
  createWriteStream(`${sample}.tmp`),
);
renameSync(`${sample}.tmp`, sample);
writeFileSync(
  `${sample.replace(/\.json$/, '')}.labels.json`,
  `${JSON.stringify({ episodes: sampleLabels(SAMPLE) }, null, 1)}\n`,
);

console.error('> Training on it');
let { status } = await mcpTraining('train', sample, '--model', 'wifi');
if (status === 0) status = await deployFirst();
await stopDatabase();
if (status !== 0) process.exit(status);

const { host, port } = config.values.api;
console.log(`
The sample export is ${relative(root, sample)}. More to try:
  npm run cli -- validate ${relative(root, sample)}
  npm run cli -- list-models
Start the service with its dashboard and API:
  npm start        then open http://${host}:${port}/   (API: http://${host}:${port}/api/docs)`);

function mcpTraining(...args) {
  const isRead = args.includes('--json');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'mcp-training.mjs'), ...args], {
      cwd: root,
      stdio: ['inherit', isRead ? 'pipe' : 'inherit', 'inherit'],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ status: code ?? (signal === 'SIGINT' ? 130 : 1), output }));
  });
}

async function newest(...filter) {
  const { status: code, output } = await mcpTraining(
    ...['list-models', '--model', 'wifi', ...filter, '--limit', '1', '--json'],
  );
  if (code !== 0) process.exit(code);
  return JSON.parse(output).items[0];
}

async function deployFirst() {
  const deployed = await newest('--status', 'deployed');
  if (deployed !== undefined) return 0;
  const trained = await newest();
  console.error('> Deploying it: nothing was deployed yet');
  return (await mcpTraining('deploy', trained.version)).status;
}

// The embedded server stays for a minute after its last client; a demo leaves nothing behind, so it goes now, unless a
// running service uses it.
async function stopDatabase() {
  if (config.values.database.url !== null) return;
  const server = await startEmbeddedPostgres({ dataDir: config.paths.dataDir });
  await server.release({ stopIfLast: true });
}
