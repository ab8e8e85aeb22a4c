// Tables, and what they were measured on.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_gb: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    load_before: Number(loadavg()[0].toFixed(2)),
  };
}

/** Short commit, with a plus when files differ from it; 'unknown' outside of a repository. */
export function commit() {
  try {
    const git = (...args) =>
      execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

/** @param rows of cells; numbers are set to the right */
export function markdownTable(header, rows) {
  const text = rows.map((row) =>
    row.map((cell) => (cell === null || cell === undefined ? '-' : String(cell))),
  );
  const width = header.map((title, i) => Math.max(title.length, 3, ...text.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(width[i])).join(' | ')} |`;
  return [line(header), `| ${width.map((n) => '-'.repeat(n)).join(' | ')} |`, ...text.map(line)].join('\n');
}

export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median of the pairwise ratios of runs that alternated: what is slow for a while is slow for both. */
export function pairedRatio(peers, ours) {
  return median(peers.map((value, i) => value / ours[i]));
}

export const times = (ratio) => (ratio === null ? null : `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`);
export const seconds = (value) => (value === null ? null : `${value.toFixed(2)} s`);
export const megabytes = (value) => (value === null ? null : `${Math.round(value)} MB`);

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a page of docs/. */
export function writeIntoDocs(name, markdown, pageName = 'benchmarks.md') {
  const file = fileURLToPath(new URL(`../../../docs/${pageName}`, import.meta.url));
  const page = readFileSync(file, 'utf8');
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = page.indexOf(from);
  const end = page.indexOf(to);
  if (start < 0 || end < start) throw new Error(`docs/${pageName} has no markers ${from} ... ${to}.`);
  writeFileSync(file, `${page.slice(0, start + from.length)}\n\n${markdown.trim()}\n\n${page.slice(end)}`);
}
