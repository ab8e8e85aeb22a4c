import { closeSync } from 'node:fs';
import type { OpenedFile } from './ingest-pass.js';
import type { IngestTask } from './ingest-task.js';
import { openInput } from './open-input.js';

/** All files of a task, or none: a file that cannot be opened closes the others. */
export function openAll({ files, noFollow }: Pick<IngestTask, 'files' | 'noFollow'>): OpenedFile[] {
  const opened: OpenedFile[] = [];
  try {
    for (const file of files) opened.push({ ...openInput(file, noFollow), name: file.name });
    return opened;
  } catch (error) {
    closeAll(opened);
    throw error;
  }
}

export function closeAll(files: readonly OpenedFile[]): void {
  for (const { fd } of files) closeSync(fd);
}
