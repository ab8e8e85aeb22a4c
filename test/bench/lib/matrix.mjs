// A matrix for the forest benchmarks: normal values, equal bytes for equal arguments, as a file both sides read.
import { writeFileSync } from 'node:fs';

export function writeMatrix(path, rows, columns) {
  const x = new Float32Array(rows * columns);
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  // Sum of twelve uniforms (Irwin-Hall): variance 1, and the same in every language.
  for (let i = 0; i < x.length; i++) {
    let sum = -6;
    for (let k = 0; k < 12; k++) sum += uniform();
    x[i] = sum;
  }
  writeFileSync(path, x);
}
