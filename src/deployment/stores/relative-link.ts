import { posix } from 'node:path';

/** Text of a link at `path` that leads to `target`, both relative to one directory: relative, so the tree can move. */
export function linkText(path: string, target: string): string {
  return posix.relative(posix.dirname(path), target);
}

/** The inverse of {@link linkText}. */
export function linkTarget(path: string, text: string): string {
  return posix.normalize(posix.join(posix.dirname(path), text));
}
