import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** The interpreter of these tests; set MCP_TRAINING_PYTHON to one that has numpy and scikit-learn. */
export const PYTHON = process.env.MCP_TRAINING_PYTHON ?? 'python3';

/** Version of a Python module, undefined (and a loud line) when the interpreter or the module is not there. */
export function pythonModule(
  name: 'sys' | 'numpy' | 'sklearn' | 'pyarrow' | 'pandas' | 'duckdb' | 'shap' | 'onnxruntime',
  whatIsSkipped: string,
): string | undefined {
  try {
    const script = `import ${name}; print(getattr(${name}, '__version__', 'yes'))`;
    return execFileSync(PYTHON, ['-c', script], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    console.warn(
      `SKIPPED: '${PYTHON}' cannot import ${name}: ${whatIsSkipped} Set MCP_TRAINING_PYTHON to an interpreter that can.`,
    );
    return undefined;
  }
}

export interface PythonRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Python in `directory` without leaving compiled files there; never throws for an exit code. */
export async function runPython(directory: string, args: readonly string[]): Promise<PythonRun> {
  try {
    const { stdout, stderr } = await promisify(execFile)(PYTHON, ['-B', ...args], {
      cwd: directory,
      maxBuffer: 256 * 1024 * 1024,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}
