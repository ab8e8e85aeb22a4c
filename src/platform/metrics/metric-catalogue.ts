/** Every metric of ours, said once for the registry and for docs/operations.md. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
  /**
   * `process`: counted by this process; add the processes up. `database`: read from the database at a scrape; every
   * replica says the same, so take the maximum.
   */
  readonly source: 'process' | 'database';
}

/** In front of every name; those of the process and of Node keep their well-known names. */
export const METRIC_PREFIX = 'mcp_training_';

const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const WORK_BUCKETS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
const SCORE_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

export const METRICS = {
  build_info: {
    type: 'gauge',
    help: 'Always 1; the labels say what runs.',
    labels: ['version', 'node', 'service'],
    source: 'process',
  },
  http_requests_total: {
    type: 'counter',
    help: 'Answered requests by route template; "unmatched" = refused before a route was found, or none exists.',
    labels: ['method', 'route', 'status'],
    source: 'process',
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the head of a request to the end of its answer. Event streams are left out.',
    labels: ['method', 'route'],
    buckets: REQUEST_BUCKETS,
    source: 'process',
  },
  http_requests_in_flight: {
    type: 'gauge',
    help: 'Requests whose answer has not ended, event streams included.',
    labels: [],
    source: 'process',
  },
  train_step_duration_seconds: {
    type: 'histogram',
    help: 'Time a training spent in a step.',
    labels: ['step'],
    buckets: WORK_BUCKETS,
    source: 'process',
  },
  train_run_duration_seconds: {
    type: 'histogram',
    help: 'Time from taking a training to its end.',
    labels: ['outcome'],
    buckets: WORK_BUCKETS,
    source: 'process',
  },
  train_runs_total: {
    type: 'counter',
    help: 'Trainings this process has ended; "requeued" = handed back, "lost" = taken over.',
    labels: ['outcome'],
    source: 'process',
  },
  train_runs_tracked_total: {
    type: 'counter',
    help: 'Ended trainings that were to be logged to MLflow.',
    labels: ['outcome'],
    source: 'process',
  },
  train_jobs: {
    type: 'gauge',
    help: 'Recorded trainings by state.',
    labels: ['state'],
    source: 'database',
  },
  train_leases_expired: {
    type: 'gauge',
    help: 'Running trainings whose worker has given no sign of life for its lease.',
    labels: [],
    source: 'database',
  },
  queue_jobs: {
    type: 'gauge',
    help: 'Jobs of the queue engine by state.',
    labels: ['state'],
    source: 'database',
  },
  queue_oldest_age_seconds: {
    type: 'gauge',
    help: 'Age of the training that has waited longest; 0 = nothing waits.',
    labels: [],
    source: 'database',
  },
  model_champion_info: {
    type: 'gauge',
    help: 'Always 1; the deployed version of each model name (at most 100).',
    labels: ['model', 'version'],
    source: 'database',
  },
  model_versions: {
    type: 'gauge',
    help: 'Registered versions by status.',
    labels: ['status'],
    source: 'database',
  },
  export_stored_bytes_total: {
    type: 'counter',
    help: 'Bytes of exports that were taken in.',
    labels: ['source'],
    source: 'process',
  },
  export_stored_files_total: {
    type: 'counter',
    help: 'Exports that were taken in.',
    labels: ['source'],
    source: 'process',
  },
  export_read_bytes_total: {
    type: 'counter',
    help: 'Bytes read of exports and feature tables for training, scoring and judging.',
    labels: [],
    source: 'process',
  },
  export_records_total: {
    type: 'counter',
    help: 'Records read for training, scoring and judging.',
    labels: ['result'],
    source: 'process',
  },
  scored_rows_total: {
    type: 'counter',
    help: 'Windows or rows that were scored.',
    labels: [],
    source: 'process',
  },
  scored_anomalies_total: {
    type: 'counter',
    help: 'Scored windows or rows above the threshold of their model.',
    labels: [],
    source: 'process',
  },
  score_duration_seconds: {
    type: 'histogram',
    help: 'Time the model took for the rows of one request, without reading them.',
    labels: [],
    buckets: SCORE_BUCKETS,
    source: 'process',
  },
  database_connections: {
    type: 'gauge',
    help: 'Connections of the pool: open and idle ones, and callers that wait for one.',
    labels: ['state'],
    source: 'process',
  },
  disk_free_bytes: {
    type: 'gauge',
    help: 'Free space where a directory lies.',
    labels: ['directory'],
    source: 'process',
  },
  log_lines_dropped_total: {
    type: 'counter',
    help: 'Log lines given up because nobody reads standard output.',
    labels: [],
    source: 'process',
  },
  collector_success: {
    type: 'gauge',
    help: '1 = the group of values was read at this scrape; 0 = it failed and its values are left out.',
    labels: ['collector'],
    source: 'process',
  },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof METRICS;

/** Names of the metrics of one type. */
export type MetricOf<T extends MetricSpec['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends T ? Name : never;
}[MetricName];
