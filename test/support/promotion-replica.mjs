// One replica of the service that promotes as fast as it can, in a process of its own, from the built files. Each
// attempt reads the champion, decides on another version, and promotes it only if that champion is still there.
// Arguments: number of attempts, versions. Prints one JSON document.
import { join } from 'node:path';

const [attempts, ...versions] = process.argv.slice(2);
const load = (file) => import(join(import.meta.dirname, '../../dist/src', file));
const { openApplication } = await load('application.js');
const { loadProcessConfig } = await load('platform/config/process-config.js');
const { PACKAGE_ROOT } = await load('platform/app-version.js');
const { AppLogger } = await load('platform/logging/app-logger.js');
const { DeploymentFlowService } = await load('pipeline/deployment-flow.service.js');
const { ModelRegistryService } = await load('registry/model-registry.service.js');

const logger = new AppLogger({ level: 'error', format: 'text', destination: process.stderr });
const { context, close } = await openApplication(loadProcessConfig({ packageRoot: PACKAGE_ROOT }), logger);
const flow = context.get(DeploymentFlowService);
const registry = context.get(ModelRegistryService);
const result = { won: 0, lost: 0, unexpected: [] };
for (let i = 0; i < Number(attempts); i++) {
  const champion = (await registry.deployed('wifi'))?.version ?? null;
  const others = versions.filter((version) => version !== champion);
  const version = others[i % others.length];
  const actor = { name: `replica-${process.pid}`, reason: null };
  try {
    await flow.deploy({ version, target: 'default', actor, expected: champion });
    result.won++;
  } catch (error) {
    if (error.code === 'conflict') result.lost++;
    else result.unexpected.push(`${error.code}: ${error.message}`);
  }
}
await close();
process.stdout.write(JSON.stringify(result));
