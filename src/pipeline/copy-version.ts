import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFailure } from '../platform/durable-files.js';

/** Copies a version directory below `outputDir`: it appears there complete or not at all. */
export function copyVersion(source: string, outputDir: string, version: string): void {
  const target = join(outputDir, version);
  if (resolve(target) === resolve(source)) return;
  const staging = join(outputDir, `.tmp-${version}-${process.pid}`);
  try {
    mkdirSync(outputDir, { recursive: true });
    cpSync(source, staging, { recursive: true });
    rmSync(target, { recursive: true, force: true });
    renameSync(staging, target);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw writeFailure(target, error);
  }
}
