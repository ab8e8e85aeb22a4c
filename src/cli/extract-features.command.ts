import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvPieces } from '../features/core/csv-table.js';
import { FeatureExtractionService } from '../features/feature-extraction.service.js';
import { ingestTask } from '../pipeline/ingest-task.js';
import { writeFailure } from '../platform/durable-files.js';
import type { GlobalOptions, SelectionOptions } from './command.js';
import { configuration } from './configuration.js';
import { interruptSignal } from './interrupt.js';
import type { Output } from './output.js';
import { withSelection } from './selection.js';

interface ExtractOptions extends GlobalOptions, SelectionOptions {
  readonly output: string;
}

export async function run(files: readonly string[], options: ExtractOptions, output: Output): Promise<void> {
  const config = configuration(options, output);
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
    };
    if (options.output === '-') {
      await pipeline(Readable.from(csvPieces(table)), process.stdout, { end: false });
      output.note(`${summary.windows} windows of ${summary.devices} devices`);
      return;
    }
    await writeTable(resolve(options.output), csvPieces(table));
    output.result(
      summary,
      () =>
        `${summary.windows} windows of ${summary.devices} devices with ${summary.features.length} features written to ${options.output}`,
    );
  } finally {
    interrupt.release();
  }
}

/** The file appears complete or not at all. */
async function writeTable(path: string, pieces: Iterable<string>): Promise<void> {
  const staging = `${path}.tmp-${process.pid}`;
  try {
    await pipeline(Readable.from(pieces), createWriteStream(staging, { flush: true }));
    renameSync(staging, path);
  } catch (error) {
    rmSync(staging, { force: true });
    throw writeFailure(path, error);
  }
}
