import type { CollectorState } from '../export/core/validation-collector.js';
import { stateBuffers, type AggregatorState } from '../features/core/aggregator-state.js';
import { WindowReopened } from '../features/core/window-reopened.js';
import { readStretch, SplitMissed, type ReadStretch, type Stretch } from './ingest-pass.js';
import type { IngestTask } from './ingest-task.js';
import { ingestTools } from './ingest-tools.js';
import { runTask } from './run-task.js';

/** Reads a share of the input that begins further on. */
export interface PartTask {
  readonly task: IngestTask;
  /** Their descriptors stay open. */
  readonly stretches: readonly Stretch[];
}

export interface PartResult {
  readonly read: readonly ReadStretch[];
  readonly collector: CollectorState;
  readonly aggregator: AggregatorState | null;
}

/** The input cannot be read in parts, or not in this order: read it again. */
export interface PartRefused {
  readonly refused: 'split' | 'order';
}

async function readPart({ task, stretches }: PartTask): Promise<PartResult | PartRefused> {
  const tools = ingestTools(task, false);
  try {
    const read: ReadStretch[] = [];
    for (const stretch of stretches) read.push(await readStretch(stretch, tools, () => undefined));
    const aggregator = tools.aggregator?.exportState() ?? null;
    return { read, collector: tools.collector.exportState(), aggregator };
  } catch (error) {
    if (error instanceof WindowReopened) return { refused: 'order' };
    if (error instanceof SplitMissed) return { refused: 'split' };
    throw error;
  }
}

runTask<PartTask, PartResult | PartRefused>(async (task) => {
  const output = await readPart(task);
  const transfer = 'refused' in output || output.aggregator === null ? [] : stateBuffers(output.aggregator);
  return { output, transfer };
});
