import type { ResolvedConfig } from '../platform/config/load-config.js';
import type { InputName } from '../workers/open-input.js';

/** The files are feature tables, not log exports. */
export interface TableInput {
  /** Column that holds labels, for the evaluation only; null = there is none. */
  readonly labelColumn: string | null;
}

/** Which tick of which schedule began a run; kept with it, because schedules are deleted. */
export interface ScheduleOrigin {
  readonly schedule_id: string;
  readonly name: string;
  /** The moment it was due. */
  readonly tick_utc: string;
}

/** What a run is asked to do; stored with the run, so that any process can carry it out. */
export interface TrainingRequest {
  readonly files: readonly InputName[];
  readonly modelName: string;
  /** Arrival time range [startMs, endMs); null = unbounded. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly programs: readonly string[] | null;
  readonly configOverrides: unknown;
  /** true for files named over the network: symbolic and hard links are refused. */
  readonly noFollow: boolean;
  /** Deploy to the default target when the gate passes. */
  readonly deploy: boolean;
  /** Absent: the files are log exports. Never null, so that requests stored before there were tables stay equal. */
  readonly table?: TableInput;
  /** What really happened, for the evaluation only; absent when there is none, as `table`. */
  readonly labels?: InputName;
  /** The tick that asked for it; absent when something else did. */
  readonly schedule?: ScheduleOrigin;
  /** An extra copy of the version directory is written below this absolute path. */
  readonly outputDir: string | null;
}

/** A request that nothing can be said against, with the configuration it would run with. */
export interface CheckedRequest {
  readonly request: TrainingRequest;
  readonly config: ResolvedConfig;
}

/** What a model may be called. */
export const MODEL_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** A model name becomes part of file names and links on the consumer's side. */
export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}
