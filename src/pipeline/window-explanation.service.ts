import { Injectable } from '@nestjs/common';
import type { RowExplanation } from '../evaluation/core/explanation/explain-flagged.js';
import type { FeatureValues } from '../features/core/preprocessing.js';
import type { LinesOfWindow, WantedWindow } from '../features/core/window-lines.js';
import type { ScoredWindow } from '../monitoring/core/scored-windows.js';
import type { ScoreReport } from '../monitoring/scoring.service.js';
import { runInThread, type ThreadTaskOptions } from '../platform/compute/thread-task.js';
import type { LoadedModel } from '../registry/loaded-model.js';
import { AppError } from '../shared/errors.js';
import type { ExplainTask } from '../workers/explain.worker.js';
import type { IngestTask } from '../workers/ingest-task.js';
import type { LinesResult, LinesTask } from '../workers/lines-task.js';
import { flaggedRows, type ExplanationRequest } from './explanation-request.js';

/** What was scored: the rows of the report, in its order. */
export interface ScoredRows {
  readonly values: FeatureValues;
  readonly devices: readonly string[];
  readonly deviceIndex: Int32Array;
  /** null: a feature table, which has no lines. */
  readonly logs: {
    readonly startMs: Float64Array;
    /** The files and the selection the windows were made with. */
    readonly task: Omit<IngestTask, 'extract'>;
  } | null;
}

/** Adds to flagged windows why they are flagged and what was logged in them. All work is done in threads. */
@Injectable()
export class WindowExplanationService {
  /**
   * @throws AppError `conflict` when a file was changed since its windows were scored
   */
  async explain(
    model: LoadedModel,
    report: ScoreReport,
    scored: ScoredRows,
    request: ExplanationRequest,
    options: ThreadTaskOptions,
  ): Promise<ScoreReport> {
    const rows = flaggedRows(report.windows, request.maxWindows);
    const withLines = scored.logs !== null && request.lines > 0;
    // When one of the two fails, the other one is not wanted any more.
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    try {
      const [explanations, lines] = await Promise.all([
        explanationsOf(model, scored, rows, request.top, { ...options, signal }),
        withLines ? linesOf(scored, rows, request.lines, { signal }) : null,
      ]);
      return explained(report, rows, explanations, lines);
    } finally {
      stop.abort();
    }
  }
}

function explanationsOf(
  model: LoadedModel,
  { values, devices, deviceIndex }: ScoredRows,
  rows: readonly number[],
  top: number,
  options: ThreadTaskOptions,
): Promise<readonly RowExplanation[]> {
  if (rows.length === 0) return Promise.resolve([]);
  const columns = model.featureNames.length;
  const chosen = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    chosen.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  const { forest, preprocessing, offset, detector, spec } = model;
  const owners = Int32Array.from(rows, (row) => deviceIndex[row]);
  const task: ExplainTask = {
    model: { forest, preprocessing, offset, detector, features: spec.features },
    values: chosen,
    rows: rows.length,
    devices: model.deviceNumbers(devices, owners),
    top,
  };
  return runInThread<ExplainTask, RowExplanation[]>('explain', task, options);
}

function linesOf(
  { devices, deviceIndex, logs }: ScoredRows,
  rows: readonly number[],
  limit: number,
  options: ThreadTaskOptions,
): Promise<LinesResult | null> {
  if (logs === null || rows.length === 0) return Promise.resolve(null);
  const { startMs, task } = logs;
  const wanted = rows.map((row): WantedWindow => ({
    device: devices[deviceIndex[row]],
    startMs: startMs[row],
  }));
  const input: LinesTask = { input: { ...task, extract: false }, wanted, limit };
  return runInThread<LinesTask, LinesResult>('lines', input, options);
}

function explained(
  report: ScoreReport,
  rows: readonly number[],
  explanations: readonly RowExplanation[],
  lines: LinesResult | null,
): ScoreReport {
  const windows = report.windows.slice();
  rows.forEach((row, i) => {
    const window = windows[row];
    windows[row] = {
      ...window,
      explanation: explanations[i],
      ...(lines === null ? {} : linesFor(window, lines[i])),
    };
  });
  return { ...report, explained: rows.length, not_explained: report.anomaly_count - rows.length, windows };
}

/** The second reading must find what was scored: otherwise the lines would be evidence for something else. */
function linesFor(window: ScoredWindow, { lines, lineCount }: LinesOfWindow): Partial<ScoredWindow> {
  if (lineCount === window.log_count) return { line_count: lineCount, lines };
  throw new AppError(
    'conflict',
    `The window of ${window.device} at ${window.start ?? '-'} had ${window.log_count ?? 0} lines when it was scored, ` +
      `and ${lineCount} when they were looked up: the input was changed meanwhile.`,
    { hint: 'Score it again when nothing writes to the file any more.' },
  );
}
