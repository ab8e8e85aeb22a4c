import { env, InferenceSession, Tensor } from 'onnxruntime-web';

// One thread: a test must not depend on the number of cores, and worker threads would outlive it.
env.wasm.numThreads = 1;

export interface OnnxAnswer {
  readonly labels: number[];
  readonly scores: Float32Array;
  readonly scoreSamples: Float32Array;
}

/**
 * Runs a model in onnxruntime, a foreign implementation of the format. `rows` is row-major, unscaled.
 *
 * @param devices device of each row, for a model that asks for it
 */
export async function runOnnx(
  model: Uint8Array,
  rows: Float64Array,
  columns: number,
  devices?: ArrayLike<number>,
): Promise<OnnxAnswer> {
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'], logSeverityLevel: 3 });
  try {
    const n = rows.length / columns;
    const output = await session.run({
      features: new Tensor('float64', rows, [n, columns]),
      ...(devices && { device: new Tensor('int64', BigInt64Array.from(Array.from(devices, BigInt)), [n]) }),
    });
    for (const name of ['label', 'scores', 'score_samples']) {
      if (output[name].dims.join() !== `${n},1`)
        throw new Error(`${name} has the shape ${output[name].dims.join()}`);
    }
    return {
      labels: Array.from(output.label.data as BigInt64Array, Number),
      scores: output.scores.data as Float32Array,
      scoreSamples: output.score_samples.data as Float32Array,
    };
  } finally {
    await session.release();
  }
}
