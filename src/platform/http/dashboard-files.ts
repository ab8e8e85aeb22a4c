import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.txt', 'text/plain; charset=utf-8'],
]);
/** Files below here are named after their content. */
const HASHED = '/assets/';
const INDEX = 'index.html';

export interface DashboardFile {
  readonly type: string;
  readonly etag: string;
  readonly isImmutable: boolean;
  readonly plain: Buffer;
  /** null: compressing it does not help. */
  readonly gzip: Buffer | null;
}

export interface DashboardFiles {
  /** The page with a placeholder for the nonce; null: the dashboard is not built. */
  readonly index: string | null;
  /** By the path of their address. */
  readonly files: ReadonlyMap<string, DashboardFile>;
}

/** The built dashboard (dist/web), a megabyte or two, kept in memory: no request reaches the file system. */
export function readDashboard(directory: string): DashboardFiles {
  const files = new Map<string, DashboardFile>();
  const page = join(directory, INDEX);
  if (!existsSync(page)) return { index: null, files };
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES.get(extname(entry.name));
    if (!entry.isFile() || type === undefined) continue;
    const address = `/${relative(directory, path).split(sep).join('/')}`;
    files.set(address, dashboardFile(address, path, type));
  }
  return { index: readFileSync(page, 'utf8'), files };
}

function dashboardFile(address: string, path: string, type: string): DashboardFile {
  const plain = readFileSync(path);
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  const gzip = existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`) : null;
  return { type, etag, isImmutable: address.startsWith(HASHED), plain, gzip };
}
