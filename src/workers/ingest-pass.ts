import { ExportParser } from '../export/core/export-parser.js';
import type { InputFile } from '../export/core/validation-report.js';
import { openByteSource } from './open-byte-source.js';
import { decode, type IngestTools } from './ingest-tools.js';

/** An opened input file. */
export interface OpenedFile {
  readonly fd: number;
  readonly name: string;
  readonly size: number;
}

/** Reads one file through the tools, from its first byte to its last. */
export async function readFile(
  file: OpenedFile,
  tools: IngestTools,
  onProgress: (storedBytes: number) => void,
): Promise<Omit<InputFile, 'sha256'>> {
  const { batch, collector, aggregator, classifier, scanner: kernel } = tools;
  const tracker = collector.openFile(file.name);
  const onBatch = (): void => {
    tracker.take(batch);
    classifier?.classify(batch);
    aggregator?.add(batch, classifier?.events ?? null);
    batch.clear();
  };
  const source = openByteSource(file);
  try {
    const parser = new ExportParser({ fileName: file.name, decode, tracker, batch, onBatch, kernel });
    let total = 0;
    for (;;) {
      const got = source.read(parser.inputSpace());
      const bytes = typeof got === 'number' ? got : await got;
      if (bytes === 0) break;
      parser.advance(bytes);
      total += bytes;
      onProgress(source.readBytes);
    }
    return {
      name: file.name,
      bytes: file.size,
      uncompressed_bytes: total,
      format: parser.end(),
      compression: source.compression,
    };
  } finally {
    source.close();
  }
}
