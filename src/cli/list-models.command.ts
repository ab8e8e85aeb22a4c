import { modelSummary } from '../registry/model-json.js';
import { ModelRegistryService } from '../registry/model-registry.service.js';
import { VERSION_STATUSES, type VersionStatus } from '../registry/core/lifecycle.js';
import { parseTagFilter } from '../registry/core/annotations.js';
import type { VERSION_SORTS } from '../registry/model-version.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions } from './command.js';
import { configuration } from './configuration.js';
import { renderTable, type Output } from './output.js';
import { withApplication } from './with-application.js';

interface ListOptions extends GlobalOptions {
  readonly model?: string;
  readonly status?: string;
  readonly tag?: readonly string[];
  readonly search?: string;
  readonly sort?: (typeof VERSION_SORTS)[number];
  readonly limit: string;
}

export async function run(_: readonly string[], options: ListOptions, output: Output): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new AppError('usage', `--limit ${JSON.stringify(options.limit)} is not a positive whole number.`);
  }
  const status = checkedStatus(options.status);
  const config = configuration(options, output);
  const models = await withApplication(config, options, ({ context }) =>
    context.get(ModelRegistryService).list({
      limit,
      modelName: options.model,
      statuses: status === undefined ? undefined : [status],
      tags: options.tag?.map(parseTagFilter),
      search: options.search,
      sort: options.sort,
    }),
  );
  output.result({ items: models.map(modelSummary) }, () =>
    models.length === 0
      ? emptyList(options)
      : renderTable(
          ['version', 'model', 'status', 'aliases', 'features', 'windows', 'created'],
          models.map((model) => [
            model.version,
            model.modelName,
            model.status,
            model.aliases.join(', '),
            model.featureSet,
            model.trainingSamples,
            model.createdAt,
          ]),
        ),
  );
}

function emptyList({ model, status, tag, search }: ListOptions): string {
  const isFiltered = [model, status, tag, search].some((filter) => filter !== undefined);
  return isFiltered ? 'No model version fits.' : 'No models yet. Train one with: mcp-training train <export>';
}

function checkedStatus(text: string | undefined): VersionStatus | undefined {
  if (text === undefined) return undefined;
  const status = VERSION_STATUSES.find((known) => known === text);
  if (status !== undefined) return status;
  throw new AppError('usage', `--status ${JSON.stringify(text)} is not a status.`, {
    hint: `One of: ${VERSION_STATUSES.join(', ')}.`,
  });
}
