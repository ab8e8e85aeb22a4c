import { userInfo } from 'node:os';

/** Who runs this command, for the audit log. */
export function operator(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    return `cli:${process.getuid?.() ?? 'unknown'}`;
  }
}
