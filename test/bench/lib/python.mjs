// The Python of the peers: MCP_TRAINING_PYTHON or python3, when it has what a peer needs.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const python = process.env.MCP_TRAINING_PYTHON ?? 'python3';
const PEERS = join(import.meta.dirname, '..', 'peers');

/** Packages by peer; each peer is a script in test/bench/peers. */
const NEEDS = {
  pandas_sklearn: ['pandas', 'sklearn', 'joblib'],
  fast_python: ['polars', 'orjson', 'sklearn', 'joblib'],
  forest_matrix: ['numpy', 'sklearn'],
  forest_quality: ['numpy', 'sklearn'],
};

/** Environment of a peer: as many threads as it may use, and nothing written beside its script. */
export const pythonEnv = (threads = 1) => ({
  ...process.env,
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
  PYTHONDONTWRITEBYTECODE: '1',
});

/** Path of a peer's script, or null (said loudly) when this Python cannot run it. */
export function peer(name) {
  const problem = missing(NEEDS[name]);
  if (problem === null) return join(PEERS, `${name}.py`);
  console.error(
    `\nSKIPPED ${name}.py: '${python}' ${problem}. Figures below have no ratio to it.\n` +
      `  Set MCP_TRAINING_PYTHON to an interpreter with ${NEEDS[name].join(', ')}.\n`,
  );
  return null;
}

const checked = new Map();

function missing(packages) {
  const code = packages.map((name) => `import ${name}`).join('; ');
  if (!checked.has(code)) {
    try {
      execFileSync(python, ['-c', code], { stdio: 'ignore' });
      checked.set(code, null);
    } catch (error) {
      checked.set(code, error.code === 'ENOENT' ? 'does not exist' : `cannot import ${packages.join(', ')}`);
    }
  }
  return checked.get(code);
}
