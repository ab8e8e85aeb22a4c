// Deploys one version and kills itself with SIGKILL right before its n-th change at the target (n = 0: never). Argument:
// JSON { databaseUrl, modelsDir, targetDir, version, killBefore }. Built files only: this is the code that ships.
import { DATABASE_SCHEMA } from '../../../dist/src/database-schema.js';
import { DeploymentRepository } from '../../../dist/src/deployment/deployment.repository.js';
import { DeploymentService } from '../../../dist/src/deployment/deployment.service.js';
import { symlinkLayout } from '../../../dist/src/deployment/layouts/symlink-layout.js';
import { DirectoryStore } from '../../../dist/src/deployment/stores/directory-store.js';
import { DeploymentFlowService } from '../../../dist/src/pipeline/deployment-flow.service.js';
import { createDataSource } from '../../../dist/src/platform/database/data-source.js';
import { ArtifactStore } from '../../../dist/src/registry/artifact-store.js';
import { ModelRegistryService } from '../../../dist/src/registry/model-registry.service.js';
import { ModelVersionRepository } from '../../../dist/src/registry/model-version.repository.js';

const { databaseUrl, modelsDir, targetDir, version, killBefore } = JSON.parse(process.argv[2]);
let changes = 0;
const dieAtTheStep = () => {
  changes++;
  if (changes === killBefore) process.kill(process.pid, 'SIGKILL');
};

class DyingStore extends DirectoryStore {
  putFile(path, data) {
    dieAtTheStep();
    return super.putFile(path, data);
  }
  putLink(path, target) {
    dieAtTheStep();
    return super.putLink(path, target);
  }
  flush() {
    dieAtTheStep();
    return super.flush();
  }
  close() {
    // After the registry's commit, before the deployment is recorded as done.
    dieAtTheStep();
    return super.close();
  }
}

const info = { name: 'default', type: 'directory', location: targetDir, layout: 'symlink' };
const targets = {
  names: () => ['default'],
  info: () => info,
  open: () => Promise.resolve({ info, layout: symlinkLayout, store: new DyingStore(targetDir) }),
};

const dataSource = await createDataSource(databaseUrl, DATABASE_SCHEMA).initialize();
const registry = new ModelRegistryService(
  new ModelVersionRepository(dataSource),
  new ArtifactStore(modelsDir),
);
const deployments = new DeploymentService(targets, new DeploymentRepository(dataSource));
const flow = new DeploymentFlowService(registry, deployments, {
  build: () => Promise.reject(new Error('not used')),
});
await flow.deploy({ version, target: 'default', actor: { name: 'test', reason: null } });
await dataSource.destroy();
process.stdout.write(String(changes));
