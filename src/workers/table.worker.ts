import { closeSync } from 'node:fs';
import { FeatureTableReader } from '../features/core/feature-table-reader.js';
import { tableReport, type TableFile } from '../features/core/table-report.js';
import { hashFile } from './hash-files.js';
import type { OpenedFile } from './ingest-pass.js';
import { openByteSource } from './open-byte-source.js';
import { openInput } from './open-input.js';
import { runTask, type ReportProgress } from './run-task.js';
import type { TableResult, TableTask } from './table-task.js';

const decode = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');

async function readTable(
  file: OpenedFile,
  reader: FeatureTableReader,
  onProgress: (storedBytes: number) => void,
): Promise<TableFile> {
  const source = openByteSource(file);
  try {
    reader.openFile(file.name);
    let total = 0;
    for (;;) {
      const got = source.read(reader.inputSpace());
      const bytes = typeof got === 'number' ? got : await got;
      if (bytes === 0) break;
      reader.advance(bytes);
      total += bytes;
      onProgress(source.readBytes);
    }
    reader.endFile();
    return {
      name: file.name,
      bytes: file.size,
      uncompressed_bytes: total,
      sha256: hashFile(file),
      format: 'feature-table',
      compression: source.compression,
    };
  } finally {
    source.close();
  }
}

async function readTables(task: TableTask, report: ReportProgress): Promise<TableResult> {
  const reader = new FeatureTableReader({ ...task, decode });
  const files: TableFile[] = [];
  for (const [i, name] of task.files.entries()) {
    const file: OpenedFile = { ...openInput(name, task.noFollow), name: name.name };
    try {
      let reported = 0;
      files.push(
        await readTable(file, reader, (bytes) => {
          if (bytes - reported < file.size / 50) return;
          reported = bytes;
          report(Math.min(1, (i + bytes / file.size) / task.files.length), 'Reading the table');
        }),
      );
    } finally {
      closeSync(file.fd);
    }
  }
  const read = reader.finish();
  return { report: tableReport(read, task.labelColumn, files), table: read.table };
}

runTask<TableTask, TableResult>(async (task, report) => {
  const output = await readTables(task, report);
  const { values, deviceIndex, startMs, labels } = output.table;
  const transfer = [values, deviceIndex, startMs, labels].flatMap((column) =>
    column === null ? [] : [column.buffer as ArrayBuffer],
  );
  return { output, transfer };
});
