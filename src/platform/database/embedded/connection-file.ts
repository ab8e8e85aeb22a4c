import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const HOST = '127.0.0.1';
/** Role and database of the service; the role owns the whole embedded server. */
export const ROLE = 'mcp_training';
export const DATABASE = 'mcp_training';

/** `<dataDir>/postgres.json`, mode 0600: how to reach the server of this data directory, and where its cluster is. */
export interface ConnectionFile {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string;
  /** Absolute path of the cluster. */
  readonly dir: string;
  /** Process id of the postmaster; null after a clean stop. */
  readonly pid: number | null;
}

const fileIn = (dataDir: string): string => join(dataDir, 'postgres.json');

/** Undefined when there is none or it is not readable as one (it can be rebuilt from the cluster). */
export function readConnectionFile(dataDir: string): ConnectionFile | undefined {
  try {
    const found = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Partial<ConnectionFile>;
    return typeof found.port === 'number' &&
      typeof found.password === 'string' &&
      typeof found.dir === 'string'
      ? (found as ConnectionFile)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaced by a rename, so a reader never sees half a file. */
export async function writeConnectionFile(dataDir: string, content: ConnectionFile): Promise<void> {
  const file = fileIn(dataDir);
  const temporary = `${file}.tmp-${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, file);
}

export function connectionUrl(content: ConnectionFile): string {
  const { user, password, host, port, database } = content;
  return `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}
