import { posix } from 'node:path';
import type { DeploymentStore } from '../stores/deployment-store.js';
import type { Delivery, DeploymentLayout } from './deployment-layout.js';
import { proveWritten } from './prove-written.js';

const activeLink = (modelName: string): string => `${modelName}_active`;
/** Delivered last: an importer that scans for metadata.json never sees a directory whose other files are missing. */
const ANNOUNCEMENT = 'metadata.json';

/** `<version>/` with every file of the version, and `<model>_active` leading to the active one. */
export const versionedLayout: DeploymentLayout = {
  name: 'versioned',

  async prepare(store: DeploymentStore, { version, files }: Delivery): Promise<void> {
    const names = Object.keys(files).filter((name) => name !== ANNOUNCEMENT);
    for (const name of [...names, ANNOUNCEMENT]) await store.putFile(posix.join(version, name), files[name]);
    await store.flush();
    for (const name of Object.keys(files)) await proveWritten(store, posix.join(version, name), files[name]);
  },

  async activate(store: DeploymentStore, modelName: string, version: string): Promise<void> {
    await store.putLink(activeLink(modelName), version);
    await store.flush();
  },

  async holds(store: DeploymentStore, _modelName: string, version: string): Promise<boolean> {
    return (await store.readFile(posix.join(version, ANNOUNCEMENT))) !== null;
  },

  async activeVersion(store: DeploymentStore, modelName: string): Promise<string | null> {
    return store.readLink(activeLink(modelName));
  },
};
