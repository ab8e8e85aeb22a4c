import { WindowLineCollector } from '../features/core/window-lines.js';
import { readStretch, wholeFile } from './ingest-pass.js';
import { decode, ingestTools } from './ingest-tools.js';
import type { LinesResult, LinesTask } from './lines-task.js';
import { closeAll, openAll } from './open-files.js';
import { runTask, type ReportProgress } from './run-task.js';

const STEP = 0.01;

/** The way of the first pass, with the collector of lines where the sums of the windows were. */
async function readLines({ input, wanted, limit }: LinesTask, report: ReportProgress): Promise<LinesResult> {
  const tools = ingestTools({ ...input, extract: false }, false);
  const { featureSet, window } = input;
  const { names } = tools.batch;
  const lines = new WindowLineCollector({ featureSet, window, wanted, limit, names, decode });
  const files = openAll(input);
  try {
    const total = Math.max(
      1,
      files.reduce((sum, { size }) => sum + size, 0),
    );
    let before = 0;
    let reported = 0;
    for (const file of files) {
      await readStretch(wholeFile(file), { ...tools, rows: lines }, (bytes) => {
        const share = (before + bytes) / total;
        if (share - reported < STEP) return;
        reported = share;
        report(Math.min(1, share), 'Reading the lines of the flagged windows');
      });
      before += file.size;
    }
    return lines.finish();
  } finally {
    closeAll(files);
  }
}

runTask<LinesTask, LinesResult>(async (task, report) => ({ output: await readLines(task, report) }));
