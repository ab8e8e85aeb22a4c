import { hashFile, type HashedFile } from './hash-files.js';
import { runTask } from './run-task.js';

/** Hashes files while another thread reads them: on processors without SHA instructions that takes as long. */
export interface HashTask {
  /** Their descriptors stay open. */
  readonly files: readonly HashedFile[];
}

runTask<HashTask, readonly string[]>(({ files }) => ({ output: files.map(hashFile) }));
