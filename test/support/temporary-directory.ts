import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A directory of the calling test file, gone after its last test. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `mcp-training-${name}-`));
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** The error an action ends with; a test fails when there is none. */
export async function rejection(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('The action was expected to fail and did not.');
}
