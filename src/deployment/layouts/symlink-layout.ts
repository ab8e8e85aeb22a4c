import { posix } from 'node:path';
import { symlinkNames, type SymlinkFile } from '../core/symlink-layout.js';
import type { DeploymentStore } from '../stores/deployment-store.js';
import type { Delivery, DeploymentLayout } from './deployment-layout.js';
import { proveWritten } from './prove-written.js';

/** Flat files and links; core/symlink-layout.ts draws the picture. */
export const symlinkLayout: DeploymentLayout = {
  name: 'symlink',

  async prepare(store: DeploymentStore, delivery: Delivery): Promise<void> {
    const names = symlinkNames(delivery.modelName, delivery.version);
    for (const file of names.files) {
      await store.putFile(file.versioned, contents(delivery, file));
      await store.putLink(posix.join(names.release, file.inRelease), file.versioned);
    }
    await store.flush();
    for (const file of names.files) {
      await proveWritten(store, posix.join(names.release, file.inRelease), contents(delivery, file));
    }
  },

  async activate(store: DeploymentStore, modelName: string, version: string): Promise<void> {
    const names = symlinkNames(modelName, version);
    // The switch comes first: the names readers open are only made when they lead somewhere.
    await store.putLink(names.active, names.release);
    for (const file of names.files)
      await store.putLink(file.activeLink, posix.join(names.active, file.inRelease));
    await store.flush();
  },

  async holds(store: DeploymentStore, modelName: string, version: string): Promise<boolean> {
    const names = symlinkNames(modelName, version);
    for (const { inRelease } of names.files) {
      if ((await store.readFile(posix.join(names.release, inRelease))) === null) return false;
    }
    return true;
  },

  async activeVersion(store: DeploymentStore, modelName: string): Promise<string | null> {
    const target = await store.readLink(symlinkNames(modelName, '').active);
    return target === null ? null : posix.basename(target);
  },
};

function contents(delivery: Delivery, { role }: SymlinkFile): Uint8Array {
  return role === 'metadata' ? delivery.agentMetadata : delivery.files[`${role}.joblib`];
}
