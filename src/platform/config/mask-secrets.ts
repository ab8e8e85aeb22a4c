import { setPath, toPlain, type PlainTree } from './plain-tree.js';
import { listKeys } from './schema-tree.js';
import type { TrainingServiceConfig } from './schema/training-service-config.js';

const MASK = '***';

/** The configuration as plain data that may be printed and stored with a run. */
export function maskSecrets(values: TrainingServiceConfig): PlainTree {
  const plain = toPlain(values) as PlainTree;
  for (const { path, options } of listKeys()) {
    if (options.secret !== true) continue;
    const keys = path.split('.');
    const secret = keys.reduce<unknown>((tree, key) => (tree as PlainTree)[key], plain);
    if (typeof secret === 'string') setPath(plain, keys, maskSecret(secret));
  }
  return plain;
}

/** Of a URL, host and database name stay readable; user names are kept, every password goes. */
function maskSecret(secret: string): string {
  if (!URL.canParse(secret)) return MASK;
  const url = new URL(secret);
  if (url.host === '' && url.search === '') return MASK;
  if (url.password !== '') url.password = MASK;
  for (const name of [...url.searchParams.keys()]) {
    if (/pass|key|secret|token/i.test(name)) url.searchParams.set(name, MASK);
  }
  return url.toString();
}
