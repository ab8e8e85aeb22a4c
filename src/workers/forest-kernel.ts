import { loadKernel } from '../platform/compute/kernel-files.js';
import {
  createForestEngine,
  type ForestEngine,
  type ForestKernelExports,
} from '../training/core/forest/forest-engine.js';

/** The fastest engine this machine can run; for one thread. */
export function forestEngine(): ForestEngine {
  return createForestEngine(() => loadKernel<ForestKernelExports>('training', 'forest'));
}
