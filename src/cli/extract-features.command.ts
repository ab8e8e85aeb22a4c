import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvPieces } from '../features/core/csv-table.js';
import { CATALOGUE_VERSION } from '../features/core/feature-catalogue.js';
import { windowConfig } from '../features/core/window-config.js';
import type { WindowTable } from '../features/core/window-table.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { ingestTask } from '../pipeline/ingest-task.js';
import { APP_VERSION } from '../platform/app-version.js';
import type { ResolvedConfig } from '../platform/config/load-config.js';
import { writeFailure } from '../platform/durable-files.js';
import { AppError } from '../shared/errors.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { withSelection } from './selection.js';

interface ExtractOptions extends GlobalOptions, SelectionOptions {
  readonly output: string;
  readonly format?: TableFormat;
}

type TableFormat = 'csv' | 'parquet';

export async function run(files: readonly string[], options: ExtractOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
  const format = options.format ?? (/[.]parquet$/i.test(options.output) ? 'parquet' : 'csv');
  if (format === 'parquet' && options.output === '-' && process.stdout.isTTY) {
    throw new AppError('usage', 'A terminal cannot show Parquet.', {
      hint: 'Name a file: -o features.parquet',
    });
  }
  const interrupt = interruptSignal();
  try {
    const { signal } = interrupt;
    const { table } = await withSelection(files, options, { config, output, signal }, (chosen) =>
      new FeatureExtractionService().extract(ingestTask(chosen, config.values), {
        signal,
        onProgress: (fraction, message) => {
          output.progress(fraction * 100, message);
        },
      }),
    );
    const summary = {
      windows: table.startMs.length,
      devices: table.devices.length,
      features: table.featureNames,
      output: options.output,
      format,
    };
    const pieces = await tablePieces(table, format, config);
    if (options.output === '-') {
      await pipeline(Readable.from(pieces), process.stdout, { end: false });
      output.note(`${summary.windows} windows of ${summary.devices} devices`);
      return;
    }
    await writeTable(resolve(options.output), pieces);
    output.result(
      summary,
      () =>
        `${summary.windows} windows of ${summary.devices} devices with ${summary.features.length} features written to ${options.output}`,
    );
  } finally {
    interrupt.release();
  }
}

/** Piece by piece, so that no table is too large for the memory it takes to write it. */
async function tablePieces(
  table: WindowTable,
  format: TableFormat,
  { values: { features } }: ResolvedConfig,
): Promise<Iterable<string | Uint8Array>> {
  if (format === 'csv') return csvPieces(table);
  // Loaded only when it is wanted: other commands do without the library.
  const { parquetPieces } = await import('../features/parquet-table.js');
  return parquetPieces(table, {
    featureSet: features.set,
    catalogueVersion: CATALOGUE_VERSION,
    window: windowConfig(features),
    serviceVersion: APP_VERSION,
  });
}

/** The file appears complete or not at all. */
async function writeTable(path: string, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const staging = `${path}.tmp-${process.pid}`;
  try {
    await pipeline(Readable.from(pieces), createWriteStream(staging, { flush: true }));
    renameSync(staging, path);
  } catch (error) {
    rmSync(staging, { force: true });
    throw writeFailure(path, error);
  }
}
