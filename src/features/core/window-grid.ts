import { formatTimestamp } from '../../export/core/timestamp.js';
import { AppError } from '../../shared/errors.js';
import type { WindowConfig } from './window-table.js';

/** Windows that lie wholly inside the input, as indices (start = index x stride). */
export interface GridRange {
  readonly firstIndex: number;
  readonly windows: number;
}

/** Longest window: first and last arrival are kept as 32-bit milliseconds. */
const MAX_LENGTH_SECONDS = 14 * 86_400;

/** @throws AppError `config_invalid` for a length or stride that makes no grid */
export function checkWindows({ lengthSeconds, strideSeconds }: WindowConfig): void {
  const valid = (seconds: number): boolean =>
    Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_LENGTH_SECONDS;
  if (valid(lengthSeconds) && valid(strideSeconds) && strideSeconds <= lengthSeconds) return;
  throw new AppError(
    'config_invalid',
    `features.window: length ${lengthSeconds} s with stride ${strideSeconds} s is not possible, expected whole ` +
      `seconds from 1 to ${MAX_LENGTH_SECONDS} and a stride of at most the length.`,
    {
      hint: 'A stride above the length would leave lines between the windows unread; 300 and 300 are the default.',
    },
  );
}

/**
 * The first window starts at or after the first line, the last one ends at or before the last line: of the edge
 * windows only a part was exported, and a part looks like silence.
 */
export function gridRange(config: WindowConfig, firstMs: number, lastMs: number): GridRange {
  if (Number.isNaN(firstMs)) return { firstIndex: 0, windows: 0 };
  const strideMs = config.strideSeconds * 1000;
  const firstIndex = Math.ceil(firstMs / strideMs);
  const lastIndex = Math.floor((lastMs - config.lengthSeconds * 1000) / strideMs);
  return { firstIndex, windows: Math.max(0, lastIndex - firstIndex + 1) };
}

/** @throws AppError `export_invalid` when the grid would hold more than `maxWindows` windows */
export function checkGridSize(config: WindowConfig, rows: number, firstMs: number, lastMs: number): void {
  if (rows <= config.maxWindows) return;
  throw new AppError(
    'export_invalid',
    `The export spans ${formatTimestamp(firstMs)} to ${formatTimestamp(lastMs)} and needs more than ` +
      `${config.maxWindows} windows (at least ${rows}) of ${config.lengthSeconds} s.`,
    {
      hint: 'Check the export for wrong timestamps, choose a date range or longer windows, or raise features.window.max_windows.',
      details: { reason: 'too_many_windows', windows: rows, max_windows: config.maxWindows },
    },
  );
}
