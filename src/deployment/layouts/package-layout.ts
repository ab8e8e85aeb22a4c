import { packageFileName } from '../core/package-layout.js';
import type { DeploymentStore } from '../stores/deployment-store.js';
import type { Delivery, DeploymentLayout } from './deployment-layout.js';
import { proveWritten } from './prove-written.js';

const activeLink = (modelName: string): string => `${modelName}_active_deployment.zip`;
const VERSION_IN_NAME = /^model_(.+)_deployment\.zip$/;

/** `model_<version>_deployment.zip`, and `<model>_active_deployment.zip` leading to the active one. */
export const packageLayout: DeploymentLayout = {
  name: 'package',

  async prepare(store: DeploymentStore, { version, buildPackage }: Delivery): Promise<void> {
    const bytes = await buildPackage();
    await store.putFile(packageFileName(version), bytes);
    await store.flush();
    await proveWritten(store, packageFileName(version), bytes);
  },

  async activate(store: DeploymentStore, modelName: string, version: string): Promise<void> {
    await store.putLink(activeLink(modelName), packageFileName(version));
    await store.flush();
  },

  async holds(store: DeploymentStore, _modelName: string, version: string): Promise<boolean> {
    return (await store.readFile(packageFileName(version))) !== null;
  },

  async activeVersion(store: DeploymentStore, modelName: string): Promise<string | null> {
    const target = await store.readLink(activeLink(modelName));
    return target === null ? null : (VERSION_IN_NAME.exec(target)?.[1] ?? null);
  },
};
