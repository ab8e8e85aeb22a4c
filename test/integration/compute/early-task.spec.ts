import { describe, expect, it } from 'vitest';
import { beginEarly, runEarlyOrNow } from '../../../src/platform/compute/early-task.js';
import type { Forest } from '../../../src/training/core/forest/forest.js';
import { resolveForestParams } from '../../../src/training/core/forest/forest-params.js';
import type { GrowTask } from '../../../src/workers/grow.worker.js';

const ROWS = 64;

/** Two columns of numbers; the seed tells one task from another. */
function growTask(seed: number, trees = 3): GrowTask {
  const params = resolveForestParams(
    {
      nEstimators: trees,
      maxSamples: 'auto',
      maxFeatures: { share: 1 },
      contamination: 'auto',
      bootstrap: false,
      randomState: seed,
    },
    ROWS,
    2,
  );
  const x = Float32Array.from({ length: ROWS * 2 }, (_, i) => (i * 37) % 101);
  return { x, rows: ROWS, columns: 2, params, treeFrom: 0, treeTo: trees };
}

describe('a thread that is started before anybody asks for it', () => {
  it('serves the first one who asks for the same task', async () => {
    const end = beginEarly('grow', growTask(1));
    const early = await runEarlyOrNow<GrowTask, Forest>('grow', growTask(1));
    const again = await runEarlyOrNow<GrowTask, Forest>('grow', growTask(1));
    expect(early).toEqual(again);
    end();
  });

  it('is not given to another task', async () => {
    const end = beginEarly('grow', growTask(1));
    const [one, two] = await Promise.all([
      runEarlyOrNow<GrowTask, Forest>('grow', growTask(2)),
      runEarlyOrNow<GrowTask, Forest>('grow', growTask(1)),
    ]);
    expect(one).not.toEqual(two);
    end();
  });

  it('ends when the command is over and nobody took it', async () => {
    const end = beginEarly('grow', growTask(3, 1_000_000));
    end();
    // A new run of the same task, not the one that was ended.
    const forest = runEarlyOrNow<GrowTask, Forest>('grow', growTask(3, 2));
    await expect(forest).resolves.toBeDefined();
  });

  it('stops with the reason of whoever took it', async () => {
    beginEarly('grow', growTask(4, 1_000_000));
    const stop = new AbortController();
    const work = runEarlyOrNow('grow', growTask(4, 1_000_000), { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('reports its failure to whoever took it', async () => {
    const broken = { ...growTask(5), params: null };
    beginEarly('grow', broken);
    await expect(runEarlyOrNow('grow', broken)).rejects.toMatchObject({ code: 'internal' });
  });
});
