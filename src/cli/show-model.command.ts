import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LineageService, type Lineage } from '../pipeline/lineage.service.js';
import { ModelFilesService } from '../pipeline/model-files.service.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { writeFailure } from '../platform/durable-files.js';
import { modelDetail } from '../registry/model-json.js';
import type { ModelVersion } from '../registry/model-version.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { renderTable, type Output } from './output.js';
import { withApplication } from './with-application.js';

interface ShowOptions extends GlobalOptions {
  readonly card?: string;
}

export async function run([version]: readonly string[], options: ShowOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  if (options.card !== undefined) return writeCard(version, resolve(options.card), config, options, output);
  const { model, origin } = await withApplication(config, options, async ({ context }) => ({
    model: await context.get(ModelRegistryService).get(version),
    origin: await context.get(LineageService).of(version),
  }));
  output.result({ ...modelDetail(model), origin }, () => describeModel(model, origin));
}

async function writeCard(
  version: string,
  file: string,
  config: ResolvedConfig,
  options: ShowOptions,
  output: Output,
): Promise<void> {
  const { page, sha256 } = await withApplication(config, options, ({ context }) =>
    context.get(ModelFilesService).card(version),
  );
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw writeFailure(file, error);
  }
  output.result({ version, card: file, sha256 }, () => `Model card of ${version}: ${file}`);
}

function describeModel(model: ModelVersion, origin: Lineage): string {
  const rows: [string, string][] = [
    ['version', model.version],
    ['model', model.modelName],
    ['status', model.status + (model.aliases.length > 0 ? ` (${model.aliases.join(', ')})` : '')],
    ['created', model.createdAt],
    ...Object.entries(model.tags).map(([name, value]): [string, string] => [`tag ${name}`, value]),
    ...(model.notes === '' ? [] : [['notes', model.notes] as [string, string]]),
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
    ...describeOrigin(origin),
    ...Object.entries(model.artifacts).map(([file, hash]): [string, string] => [file, hash]),
  ];
  return renderTable(['model', ''], rows);
}

function describeOrigin(origin: Lineage): [string, string][] {
  const inputs = origin.exports as readonly { readonly name: string; readonly sha256: string }[];
  const commit = origin.code_commit === null ? '' : ` (${origin.code_commit.slice(0, 12)})`;
  const { training } = origin;
  return [
    ...inputs.map(({ name, sha256 }): [string, string] => [`input ${name}`, sha256]),
    ['configuration', origin.config_hash ?? 'unknown'],
    ['program', `${origin.code_version ?? 'unknown'}${commit}`],
    ...(training === null
      ? []
      : [['training', `${training.training_id} (${training.origin})`] as [string, string]]),
    ...origin.ancestors.map((version): [string, string] => ['made from', version]),
    ...origin.children.map((version): [string, string] => ['made into', version]),
    ...origin.deployments.map(({ started_at: at, action, target, status, actor }): [string, string] => [
      `${action} ${at}`,
      `${target}: ${status}, by ${actor}`,
    ]),
  ];
}
