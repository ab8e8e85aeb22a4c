/** Answers about the service itself: schedules, settings, keys, queue (docs/api.md). */
export interface ScheduleTick {
  readonly tick_utc: string;
  readonly trigger: 'cron' | 'manual';
  readonly status: 'claimed' | 'started' | 'skipped' | 'failed';
  readonly reason: string | null;
  readonly message: string | null;
  readonly missed_ticks: number;
  readonly training_id: string | null;
  readonly training_status: string | null;
  readonly version: string | null;
}

export type ScheduleSource =
  | { readonly kind: 'newest_export' }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'log_entries'; readonly days: number; readonly programs: readonly string[] | null };

export interface Schedule {
  readonly schedule_id: string;
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly source: ScheduleSource;
  readonly model_name: string;
  readonly config_overrides: Readonly<Record<string, unknown>> | null;
  readonly deploy: boolean;
  readonly condition: 'always' | 'new_data';
  readonly min_new_records: number | null;
  readonly min_new_windows: number | null;
  readonly catch_up: 'run_once' | 'skip';
  readonly paused: boolean;
  readonly next_ticks: readonly string[];
  readonly last_tick: ScheduleTick | null;
}

export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
  readonly meaning: string;
  readonly expected: string;
}

export interface Settings {
  readonly config_hash: string;
  readonly warnings: readonly string[];
  readonly items: readonly Setting[];
}

export const SCOPES = ['read', 'train', 'deploy', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  readonly status: 'active' | 'expired' | 'revoked';
  readonly created_at: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

export interface CreatedApiKey extends ApiKey {
  /** Shown this once. */
  readonly key: string;
}

export interface QueueStatus {
  readonly waiting: number;
  readonly active: number;
  readonly oldest_waiting_seconds: number | null;
  readonly capacity: number;
  readonly workers: readonly { readonly identity: string; readonly alive: boolean }[];
}
