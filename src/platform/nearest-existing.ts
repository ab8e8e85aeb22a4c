import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The path, or the nearest directory above it that is there: directories are made with the first file in them. */
export function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}
