import { modelDetail } from '../registry/model-json.js';
import type { ModelVersion } from '../registry/model-version.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { renderTable, type Output } from './output.js';
import { withApplication } from './with-application.js';

export async function run(
  [version]: readonly string[],
  options: GlobalOptions,
  output: Output,
): Promise<void> {
  const config = configuration(options, output);
  const model = await withApplication(config, options, ({ context }) =>
    context.get(ModelRegistryService).get(version),
  );
  output.result(modelDetail(model), () => describeModel(model));
}

function describeModel(model: ModelVersion): string {
  const rows: [string, string][] = [
    ['version', model.version],
    ['model', model.modelName],
    ['status', model.status + (model.aliases.length > 0 ? ` (${model.aliases.join(', ')})` : '')],
    ['created', model.createdAt],
    ['features', model.featureSet],
    ['training windows', String(model.trainingSamples)],
    ...Object.entries(model.metrics)
      .filter(([, value]) => typeof value !== 'object')
      .map(([name, value]): [string, string] => [
        name,
        typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value),
      ]),
    ['gate', model.gate.passed ? 'passed' : 'FAILED'],
    ...model.gate.checks.map((check): [string, string] => [
      `  check ${check.id}`,
      `${check.passed ? 'ok' : 'FAILED'}  ${check.message}`,
    ]),
    ...Object.entries(model.artifacts).map(([file, hash]): [string, string] => [file, hash]),
  ];
  return renderTable(['model', ''], rows);
}
