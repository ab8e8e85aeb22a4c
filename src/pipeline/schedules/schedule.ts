/** Where the data of a scheduled training comes from. */
export type ScheduleSource =
  | { readonly kind: 'newest_export' }
  /** All exports directly in a directory below the exports directory; `.` is that one itself. */
  | { readonly kind: 'directory'; readonly path: string }
  /** The last days of the log table; programs null = database.wifi_programs. */
  | { readonly kind: 'log_entries'; readonly days: number; readonly programs: readonly string[] | null };

export const CONDITIONS = ['always', 'new_data'] as const;
export type ScheduleCondition = (typeof CONDITIONS)[number];
export const CATCH_UPS = ['skip', 'run_once'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** What a person decides about a schedule. */
export interface ScheduleSettings {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly source: ScheduleSource;
  readonly modelName: string;
  readonly configOverrides: Readonly<Record<string, unknown>> | null;
  readonly deploy: boolean;
  readonly condition: ScheduleCondition;
  /** With the condition `new_data`; both null = one new line. */
  readonly minNewRecords: number | null;
  readonly minNewWindows: number | null;
  /** What happens with ticks that nobody was there for. */
  readonly catchUp: CatchUp;
  readonly paused: boolean;
}

export interface Schedule extends ScheduleSettings {
  readonly scheduleId: string;
  readonly nextTickAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a tick trained on, or would have. */
export interface TickInput {
  readonly files: readonly { readonly name: string; readonly sha256: string | null }[];
  /** Time of the newest line, milliseconds since 1970 UTC; null = not looked at. */
  readonly newestMs: number | null;
  /** Lines newer than those of the training before; null = not counted. */
  readonly newRecords: number | null;
  readonly newWindows: number | null;
}

export type TickStatus = 'claimed' | 'started' | 'skipped' | 'failed';

export interface ScheduleTick {
  readonly scheduleId: string;
  readonly tickUtc: string;
  readonly trigger: 'cron' | 'manual';
  readonly status: TickStatus;
  readonly reason: string | null;
  readonly message: string | null;
  readonly trainingId: string | null;
  readonly input: TickInput | null;
  readonly missedTicks: number;
}

/** A tick that this process is to carry out. */
export interface ClaimedTick {
  readonly schedule: Schedule;
  readonly tickUtc: string;
}

/** What becomes of a claimed tick. */
export type TickEnd =
  | { readonly status: 'started'; readonly trainingId: string; readonly input: TickInput }
  | {
      readonly status: 'skipped' | 'failed';
      readonly reason: string;
      readonly message: string;
      readonly input?: TickInput;
    };
