import { sha256Hex } from '../../shared/digest.js';
import { AppError } from '../../shared/errors.js';
import type { DeploymentStore } from '../stores/deployment-store.js';

/** Reads a delivered file back, through the names readers will use, and compares its SHA-256. */
export async function proveWritten(
  store: DeploymentStore,
  path: string,
  expected: Uint8Array,
): Promise<void> {
  const actual = await store.readFile(path);
  if (actual !== null && sha256Hex(actual) === sha256Hex(expected)) return;
  throw new AppError(
    'artifact_integrity',
    `${store.location}/${path} does not hold what was written to it; nothing was activated.`,
    {
      hint: 'Check the disk of the deployment target and deploy again.',
    },
  );
}
