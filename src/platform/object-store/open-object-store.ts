import type { ResolvedConfig } from '../config/load-config.js';
import type { ObjectStore } from './object-store.js';
import { S3ObjectStore } from './s3-object-store.js';

/** null = versions are kept in the models directory. */
export function openObjectStore({ values }: ResolvedConfig): ObjectStore | null {
  const { artifacts } = values.storage;
  return artifacts.kind === 's3' ? new S3ObjectStore(artifacts) : null;
}
