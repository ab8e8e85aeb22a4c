import { ExportParser, type InputFormat, type ReadPart } from '../export/core/export-parser.js';
import type { RecordBatch } from '../export/core/record-batch.js';
import type { InputFile } from '../export/core/validation-report.js';
import { openByteSource } from './open-byte-source.js';
import { decode, type IngestTools } from './ingest-tools.js';

/** An opened input file. */
export interface OpenedFile {
  readonly fd: number;
  readonly name: string;
  readonly size: number;
}

/** A file, or the stretch of it that one thread reads. */
export interface Stretch {
  readonly file: OpenedFile;
  readonly part: ReadPart;
}

export const wholeFile = (file: OpenedFile): Stretch => ({ file, part: { from: null, stopAt: null } });

export interface ReadStretch {
  readonly uncompressedBytes: number;
  readonly compression: InputFile['compression'];
  /** null: the stretch ended before the file, exactly where the next one begins. */
  readonly format: InputFormat | null;
}

/** The next stretch does not begin where a record begins: the parts that were read count for nothing. */
export class SplitMissed extends Error {
  constructor() {
    super('A record goes across the place where the file was split.');
    this.name = 'SplitMissed';
  }
}

/** Takes the rows of a batch beside the sums; they are gone when it returns. */
export interface RowSink {
  add(batch: RecordBatch): void;
}

/**
 * Reads one stretch through the tools.
 *
 * @throws SplitMissed, WindowReopened (read again, in one piece and keeping everything)
 * @throws AppError `export_invalid` for a file that cannot be read
 */
export async function readStretch(
  { file, part }: Stretch,
  tools: IngestTools & { readonly rows?: RowSink },
  onProgress: (storedBytes: number) => void,
): Promise<ReadStretch> {
  const { batch, collector, aggregator, classifier, labelField, scanner: kernel } = tools;
  const tracker = collector.openFile(file.name, part.from !== null);
  const onBatch = (): void => {
    tracker.take(batch);
    tools.labelled?.take(batch);
    classifier?.classify(batch);
    aggregator?.add(batch, classifier?.events ?? null);
    tools.rows?.add(batch);
    batch.clear();
  };
  const first = part.from?.byteOffset ?? 0;
  const source = openByteSource(file, { from: first, to: file.size });
  try {
    const parser = new ExportParser({
      fileName: file.name,
      decode,
      tracker,
      batch,
      onBatch,
      kernel,
      labelField,
      part,
    });
    let total = 0;
    while (parser.partStop === 'reading') {
      const got = source.read(parser.inputSpace());
      const bytes = typeof got === 'number' ? got : await got;
      if (bytes === 0) break;
      parser.advance(bytes);
      total += bytes;
      onProgress(source.readBytes - first);
    }
    if (parser.partStop === 'passed') throw new SplitMissed();
    const hit = parser.partStop === 'hit';
    if (hit) parser.endPart();
    return {
      uncompressedBytes: hit ? (part.stopAt ?? 0) - first : total,
      compression: source.compression,
      format: hit ? null : parser.end(),
    };
  } finally {
    source.close();
  }
}
