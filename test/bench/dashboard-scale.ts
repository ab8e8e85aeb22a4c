// The dashboard on a full service: npx vite-node test/bench/dashboard-scale.ts [versions] [devices] [others]
// Trains one model on an export of many devices, copies its rows in the database (versions; exports and runs: others), and
// opens the pages in Chromium. Prints a table: time until the page shows its content, the longest and the sum of tasks
// that block the page for more than 50 ms, while loading and while scrolling, memory of scripts, bytes received.
// KEEP=1 leaves the service running until the script is interrupted, to look at it.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { chromium, type Page } from 'playwright-core';
import { generateSample } from '../../src/export/core/sample-export.js';
import { renderSample } from '../../src/export/core/sample-writer.js';
import { Service } from '../e2e/service.js';
import { setup, teardown } from '../support/browser-setup.js';
import { chromiumPath } from '../support/chromium.js';
import { CliSandbox } from '../support/cli.js';
import { eventually } from '../support/embedded-sandbox.js';

const [versions = 10_000, devices = 1000, others = 2000] = process.argv.slice(2).map(Number);
const LINES_PER_DEVICE = 300;
const DAY = Date.UTC(2025, 5, 1);
/** Tasks of the page that nobody can click or scroll during. */
const OBSERVE = `window.longTasks = [];
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) window.longTasks.push(duration); })
    .observe({ type: 'longtask', buffered: true });`;

interface Look {
  readonly path: string;
  readonly shows: string;
  readonly types?: readonly [label: string, text: string, found: string];
}

interface Figures {
  readonly page: string;
  readonly contentMs: number;
  readonly longestTaskMs: number;
  readonly blockedMs: number;
  readonly scrollLongestMs: number;
  readonly searchMs: number | null;
  readonly heapMb: number;
  readonly receivedKb: number;
}

await setup();
const sandbox = await CliSandbox.create('scale');
try {
  const service = await Service.start(sandbox);
  process.stderr.write(`> http://127.0.0.1:${service.port}/\n`);
  const exportId = await trainOnce(service);
  await multiply();
  const { body } = await service.get<{ items: { version: string }[] }>('/api/v1/models?limit=1&sort=version');
  const looks: Look[] = [
    { path: '/', shows: 'text=Last trainings' },
    { path: '/models', shows: '.model-row', types: ['Find', 'clone_77', 'text=clone_77'] },
    { path: `/models/${body.items[0].version}`, shows: 'text=Where it comes from' },
    { path: '/compare', shows: 'text=Choose two versions' },
    { path: '/deploy', shows: 'text=What the consumer loads now' },
    { path: '/exports', shows: '[aria-label="Exports"] a, .table a' },
    { path: `/exports/${exportId}`, shows: 'canvas' },
    { path: '/trainings', shows: '.table a' },
    { path: '/trainings/new', shows: 'text=Start the training' },
    { path: '/audit', shows: '.table td' },
    { path: `/score?export=${exportId}&version=${body.items[0].version}`, shows: 'canvas' },
  ];
  const results: Figures[] = [];
  for (const look of looks) {
    results.push(await measure(service.port, look));
    process.stderr.write(`> ${JSON.stringify(results.at(-1))}\n`);
  }
  process.stdout.write(tableOf(results));
  if (process.env['KEEP'] !== undefined) await new Promise((resolve) => process.once('SIGINT', resolve));
  await service.stop();
} finally {
  await sandbox.cleanUp();
  await teardown();
}

async function trainOnce(service: Service): Promise<string> {
  const options = {
    entries: devices * LINES_PER_DEVICE,
    days: 2,
    devices,
    seed: 3,
    startMs: DAY,
    anomalies: true,
  };
  const format = { format: 'csv', totalRecords: options.entries, createdAt: '2025-06-03T00:00:00Z' } as const;
  const file = join(sandbox.exportsDir, 'many.csv');
  await pipeline(Readable.from(renderSample(generateSample(options), format)), createWriteStream(file));
  const made = await service.post<{ export_id: string }>('/api/v1/exports', { export_file: 'many.csv' });
  const id = made.body.export_id;
  await service.post(`/api/v1/exports/${id}/validate`, {});
  const started = await service.post<{ training_id: string }>('/api/v1/training/train', { export_id: id });
  const path = `/api/v1/training/status/${started.body.training_id}`;
  await eventually('the training has ended', 280_000, async () => {
    // A busy machine may lose a request between two connections: it is asked again.
    const answer = await service.get<{ status: string }>(path).catch(() => null);
    return answer !== null && !['queued', 'running'].includes(answer.body.status);
  });
  const { text } = await service.get(path);
  process.stderr.write(`> trained: ${text.slice(0, 160)}\n`);
  return id;
}

/** Copies of the rows that are there: as large as real ones, a minute apart. */
async function multiply(): Promise<void> {
  await sandbox.query(`
    INSERT INTO model_versions (version, model_name, status, storage_key, model_type, feature_set, training_run_id,
      metrics, gate, lineage, artifacts, training_samples, notes, tags, created_at)
    SELECT 'clone_' || n, 'wifi', CASE WHEN n % 7 = 0 THEN 'rejected' WHEN n % 3 = 0 THEN 'archived' ELSE 'available' END,
      'clone_' || n, model_type, feature_set, training_run_id, metrics, gate, lineage, artifacts, training_samples,
      'note ' || n, '{}', created_at - n * interval '1 minute'
    FROM model_versions, generate_series(1, ${versions - 1}) n`);
  await sandbox.query(`
    INSERT INTO exports (id, file_name, stored_key, size_bytes, sha256, format, status, source, report, created_at)
    SELECT gen_random_uuid(), 'export_' || n || '.csv', 'export_' || n || '.csv', size_bytes,
      encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), format, status, 'registered', report,
      created_at - n * interval '1 minute'
    FROM exports, generate_series(1, ${others - 1}) n`);
  await sandbox.query(`
    INSERT INTO training_runs (id, model_name, status, progress, step, request, config, config_hash, version, result, origin,
      created_at, started_at, finished_at)
    SELECT gen_random_uuid(), model_name, status, progress, step, request, config, config_hash, version, result, origin,
      created_at - n * interval '1 minute', started_at - n * interval '1 minute', finished_at - n * interval '1 minute'
    FROM training_runs, generate_series(1, ${others - 1}) n`);
  await sandbox.query('ANALYZE');
}

async function measure(port: number, { path, shows, types }: Look): Promise<Figures> {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  let received = 0;
  page.on('response', (response) => {
    received += Number(response.headers()['content-length'] ?? 0);
  });
  page.setDefaultTimeout(180_000);
  await page.addInitScript(OBSERVE);
  const begun = performance.now();
  await page.goto(`http://127.0.0.1:${port}${path}`);
  await page.locator(shows).first().waitFor();
  const contentMs = performance.now() - begun;
  await page.waitForLoadState('networkidle');
  const whileLoading = await taken(page);
  for (let i = 0; i < 40; i++) await page.mouse.wheel(0, 1500);
  await page.waitForTimeout(500);
  const whileScrolling = await taken(page);
  let searchMs: number | null = null;
  if (types !== undefined) {
    const [label, text, found] = types;
    const from = performance.now();
    await page.getByLabel(label).first().fill(text);
    await page.locator(found).first().waitFor();
    searchMs = performance.now() - from;
  }
  const heap = await page.evaluate<number>('performance.memory.usedJSHeapSize');
  await browser.close();
  return {
    page: path.replace(/[0-9a-f]{8}-[0-9a-f-]+|\d{8}_\d{6}/g, '…'),
    contentMs,
    longestTaskMs: Math.max(0, ...whileLoading),
    blockedMs: whileLoading.reduce((sum, ms) => sum + ms, 0),
    scrollLongestMs: Math.max(0, ...whileScrolling),
    searchMs,
    heapMb: heap / 1e6,
    receivedKb: received / 1e3,
  };
}

function taken(page: Page): Promise<number[]> {
  return page.evaluate<number[]>('window.longTasks.splice(0)');
}

function tableOf(rows: readonly Figures[]): string {
  const lines = rows.map(({ page, searchMs, ...figures }) => {
    const numbers = [...Object.values(figures), searchMs].map((value) => value?.toFixed(0) ?? '–');
    return `| ${[page, ...numbers].join(' | ')} |`;
  });
  const head = [
    'page',
    'content, ms',
    'longest task, ms',
    'blocked, ms',
    'longest while scrolling, ms',
    'heap, MB',
    'received, kB',
    'search, ms',
  ];
  return `| ${head.join(' | ')} |\n| ${head.map(() => '---').join(' | ')} |\n${lines.join('\n')}\n`;
}
