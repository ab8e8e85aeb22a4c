// Makes a checkout ready with nothing but Node and npm: installs when node_modules is missing or older than the
// lockfile, builds when dist is missing or older than the sources. Used by `npm run demo`, `npm start` and `npm test`.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const MINIMUM_NODE = [20, 19];

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  console.error(`Node ${MINIMUM_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
  process.exit(2);
}

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  return result.status ?? 1;
}

/** The same beside other commands: its output is kept until it has ended. */
export async function runQuietly(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [status] = await once(child, 'close');
  return { status: status ?? 1, output };
}

function must(title, command, args) {
  console.error(`> ${title}`);
  // Messages go to stderr: stdout belongs to the result of the command that asked for this.
  const status = run(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`"${command} ${args.join(' ')}" ended with exit code ${status}.`);
    process.exit(status);
  }
}

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export function ensureInstalled() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const complete = existsSync(join(root, 'node_modules', '@nestjs', 'cli', 'package.json'));
  if (complete && modified(marker) >= modified(join(root, 'package-lock.json'))) return;
  must('Installing the packages (about a minute the first time)', npm(), [
    ...npmArguments(),
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
  ]);
  // A clean clone gives the lockfile the time of the clone; the next run must see it as installed.
  if (existsSync(marker)) utimesSync(marker, new Date(), new Date());
}

// Under `npm run` the very npm that runs us is known; it may not be on the PATH as `npm`.
const npm = () => (process.env.npm_execpath ? process.execPath : 'npm');
const npmArguments = () => (process.env.npm_execpath ? [process.env.npm_execpath] : []);

export function ensureBuilt() {
  const stamp = join(root, 'dist', '.built');
  const sources = [
    'src',
    'migrations',
    'web',
    'scripts/build.mjs',
    'scripts/build-kernels.mjs',
    'scripts/build-web.mjs',
    'package.json',
    'nest-cli.json',
    '.swcrc',
    'tsconfig.json',
  ];
  if (modified(stamp) >= Math.max(...sources.map((name) => newest(join(root, name))))) return;
  must('Building', process.execPath, [join(root, 'scripts', 'build.mjs')]);
}

checkNode();
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled();
  if (process.argv.includes('build')) ensureBuilt();
}
