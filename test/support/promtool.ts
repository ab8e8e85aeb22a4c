import { spawnSync } from 'node:child_process';

/** Prometheus' own checker; undefined = not here, and whoever asks has been told so. */
export const promtool: string | undefined = found();

function found(): string | undefined {
  const program = process.env.MCP_TRAINING_PROMTOOL ?? 'promtool';
  if (spawnSync(program, ['--version']).status === 0) return program;
  console.warn(
    `SKIPPED: '${program}' does not run, so Prometheus has not read our metrics and alert rules in this run. ` +
      'Set MCP_TRAINING_PROMTOOL to a promtool (Debian: package prometheus).',
  );
  return undefined;
}

export interface Verdict {
  readonly status: number | null;
  readonly output: string;
}

export function runPromtool(
  args: readonly string[],
  options: { input?: string; cwd?: string } = {},
): Verdict {
  const { status, stdout, stderr } = spawnSync(promtool!, args, { ...options, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}
