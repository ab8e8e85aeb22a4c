import type { ResolvedConfig } from '../config/load-config.js';
import { startEmbeddedPostgres } from './embedded/embedded-postgres.js';

/** A PostgreSQL to work with, and how to let go of it. */
export interface DatabaseServer {
  readonly url: string;
  readonly embedded: boolean;
  release(): Promise<void>;
}

/** The external server of DATABASE_URL, or the embedded one that all processes of this data directory share. */
export async function openDatabaseServer(
  config: ResolvedConfig,
  log: (line: string) => void,
): Promise<DatabaseServer> {
  const { url } = config.values.database;
  if (url !== null) return { url, embedded: false, release: () => Promise.resolve() };
  const handle = await startEmbeddedPostgres({ dataDir: config.paths.dataDir, log });
  return { url: handle.url, embedded: true, release: () => handle.release() };
}
